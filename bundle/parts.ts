/**
 * Modules that are bundles of their own, loaded when they are called: the verbs of `tqmail`, which together are most of the
 * product, and what `sendmail` is besides a way to inject. Each has its own copies of what it imports, so a part is
 * called once and tells by its exit code; of errors only the name counts. Verbs that start threads or load packages keep
 * their single files.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

/** A module that other bundles load late. */
export interface Part {
  /** Path below the folder of the built sources, without `.js`. */
  readonly module: string;
  /** File name of its bundle. */
  readonly file: string;
}

/** What these import late are parts. */
const divided: readonly string[] = ['cli/tqmail', 'cli/inject/sendmail'];
const single = /^cli\/(?:start|init)\/|^cli\/(?:sink|source|bench)$/;

const partOf = (module: string): Part => ({ module, file: `${module.replace(/^cli\//, 'part-').replaceAll('/', '-')}.cjs` });

/** Every part, once. */
export async function partsOf(root: string): Promise<readonly Part[]> {
  const modules = new Set<string>();
  for (const importer of divided) {
    const text = await readFile(join(root, `${importer}.js`), 'utf8');
    for (const [, name = ''] of text.matchAll(/import\('(\.[^']+)\.js'\)/g)) modules.add(join(dirname(importer), name));
  }
  return [...modules].filter((module) => !single.test(module)).map(partOf);
}

/** What those import late: a bundle beside, or the single file. Late imports of other modules stay within a bundle. */
export const lateParts = (root: string): Plugin => ({
  name: 'late parts',
  setup({ onResolve, onLoad }) {
    const importers = new Set(divided.map((module) => join(root, `${module}.js`)));
    onResolve({ filter: /^\./ }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import' || !importers.has(importer)) return undefined;
      const module = relative(root, join(dirname(importer), path)).replace(/\.js$/, '');
      if (single.test(module)) return { path: join('..', 'src', `${module}.js`), external: true };
      return { path: partOf(module).file, namespace: 'part' };
    });
    onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({ contents: `module.exports = ${besideIt(path)};` }));
  },
});

/** Code that loads the bundle `file` beside the one it stands in. */
export const besideIt = (file: string): string => `require(require('node:path').join(__dirname, ${JSON.stringify(file)}))`;
