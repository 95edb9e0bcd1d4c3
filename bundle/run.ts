/**
 * The end of the build: one bundle in dist/commands for each entry that a launcher in bin/ names, and dist/library, when the
 * built sources are newer. The launchers take a bundle only while it is the newer one. Prints nothing unless something is wrong.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, bundlePart } from './bundle.js';
import { libraries, library } from './library.js';
import { bundleLmdb, licencesFile, lmdbFile } from './lmdb-package.js';
import { partsOf } from './parts.js';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const built = join(project, 'dist', 'src');
const commands = join(project, 'dist', 'commands');
const libraryFolder = join(project, 'dist', 'library');
const layers = ['protocol', 'store', 'actors', 'cli', 'bundle'].map((name) =>
  join(project, 'dist', '.build', `${name}.tsbuildinfo`),
);

/** As the launchers name them: `launch('queue/qmail-queue')`. */
function entries(): readonly string[] {
  const launchers = readdirSync(join(project, 'bin')).map((name) => readFileSync(join(project, 'bin', name), 'utf8'));
  const named = launchers.flatMap((text) => /^launch\('([^']+)'\)/m.exec(text)?.[1] ?? []);
  return [...new Set(named)].sort();
}

const changed = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;

async function main(): Promise<void> {
  const begun = new Date();
  const stamp = join(commands, 'made');
  if (changed(stamp) > Math.max(...layers.map(changed))) return;
  mkdirSync(commands, { recursive: true });
  const made = new Set<string>();
  const keep = (name: string, text: string | undefined): void => {
    if (text === undefined) return;
    put(name, text, begun);
    made.add(name);
  };
  const lmdb = await bundleLmdb();
  keep(lmdbFile, lmdb.text);
  keep(licencesFile, lmdb.licences);
  for (const part of await partsOf(built)) keep(part.file, await bundlePart(built, part));
  for (const entry of entries()) {
    keep(`${entry.replaceAll('/', '-')}.cjs`, await bundle(built, `cli/${entry}`));
  }
  for (const name of readdirSync(commands)) if (!made.has(name)) rmSync(join(commands, name), { force: true });
  await putLibraries(begun);
  put('made', '', begun);
  spawnSync(process.execPath, [join(project, 'bin', 'precompile.js')], { stdio: 'inherit' });
}

async function putLibraries(date: Date): Promise<void> {
  for (const module of libraries) {
    for (const [name, text] of await library(built, module)) {
      mkdirSync(dirname(join(libraryFolder, name)), { recursive: true });
      put(join(libraryFolder, name), text, date);
    }
  }
}

/** At once, and as old as the sources that were read. */
function put(name: string, text: string, date: Date): void {
  const file = resolve(commands, name);
  writeFileSync(`${file}.${process.pid}`, text);
  utimesSync(`${file}.${process.pid}`, date, date);
  renameSync(`${file}.${process.pid}`, file);
}

await main();
