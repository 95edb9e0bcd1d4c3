/**
 * What programs import of this package beside the node, for every loader there is: one CommonJS file in dist/library, which
 * `require` takes, a few lines that give the same to `import`, and its types once more, as those of a CommonJS module. Test
 * runners load such a file faster than the single ones, and some can load no other kind.
 */
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { ownAddresses } from './bundle.js';
import { form } from './form.js';

/** Module below the folder of the built sources, without `.js`. */
export const libraries: readonly string[] = ['actors/sink/sink'];

const ownTime = fileURLToPath(new URL('./own-time.js', import.meta.url));

/** Texts by file name, for a folder beside `root`. Rejects where a module is missing, or one needs an installed package. */
export async function library(root: string, module: string): Promise<ReadonlyMap<string, string>> {
  const entry = join(root, `${module}.js`);
  const { outputFiles, metafile } = await build({
    ...form,
    absWorkingDir: join(root, '..', '..'),
    entryPoints: [entry],
    packages: 'external',
    inject: [ownTime],
    define: { 'process.nextTick': 'nextTick' },
    plugins: [ownAddresses(root)],
    banner: { js: '// Made by "npm run build" out of dist/src. Not to be changed by hand.' },
  });
  const foreign = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ path }) => !isBuiltin(path)));
  if (foreign.length > 0) throw new Error(`${module} cannot be one file: it needs ${foreign.map(({ path }) => path).join(', ')}`);
  const name = basename(module);
  const names = Object.keys((await import(pathToFileURL(entry).href)) as object).sort();
  return new Map([
    ['package.json', '{ "type": "commonjs" }\n'],
    [`${name}.js`, outputFiles[0]?.text ?? ''],
    [`${name}.mjs`, `import library from './${name}.js';\n\nexport const { ${names.join(', ')} } = library;\n`],
    ...(await declarations(root, `${entry.slice(0, -'.js'.length)}.d.ts`)),
  ]);
}

/** The declarations that `file` reaches. The compiler takes them as its nearest package.json says: here as ES modules, there not. */
async function declarations(root: string, file: string, found = new Map<string, string>()): Promise<Map<string, string>> {
  const name = relative(root, file).split(sep).join('/');
  if (found.has(name)) return found;
  const text = await readFile(file, 'utf8');
  found.set(name, text);
  for (const [, path = ''] of text.matchAll(/\b(?:from |import\()'(\.[^']+)\.js'/g)) {
    await declarations(root, join(dirname(file), `${path}.d.ts`), found);
  }
  return found;
}
