/**
 * The verbs of `tqmail`: each is a bundle of its own, loaded when it is called, because together they are most of the
 * product. Those that start threads or load packages keep their single files.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

/** A module that another bundle loads late. */
export interface Part {
  /** Path below the folder of the built sources, without `.js`. */
  readonly module: string;
  /** File name of its bundle. */
  readonly file: string;
}

const divided = 'cli/tqmail';
const single = /^cli\/(?:start|init)\/|^cli\/(?:sink|source|bench)$/;

const partOf = (module: string): Part => ({ module, file: `${module.replace(/^cli\//, 'tqmail-').replaceAll('/', '-')}.cjs` });

/** In the order in which the entry names them; none for any other entry. */
export async function partsOf(root: string, entry: string): Promise<readonly Part[]> {
  if (entry !== divided) return [];
  const file = join(root, `${entry}.js`);
  const text = await readFile(file, 'utf8');
  const named = [...text.matchAll(/import\('(\.[^']+)\.js'\)/g)].map(([, name]) => join(dirname(entry), name ?? ''));
  return [...new Set(named)].filter((module) => !single.test(module)).map(partOf);
}

/** What `entry` imports late: a bundle beside its own, or the single file. Late imports of other modules stay within. */
export const lateVerbs = (root: string, entry: string): Plugin => ({
  name: 'late verbs',
  setup({ onResolve, onLoad }) {
    if (entry !== divided) return;
    onResolve({ filter: /^\./ }, ({ path, kind, importer }) => {
      if (kind !== 'dynamic-import' || importer !== join(root, `${divided}.js`)) return undefined;
      const module = relative(root, join(dirname(importer), path)).replace(/\.js$/, '');
      if (single.test(module)) return { path: join('..', 'src', `${module}.js`), external: true };
      return { path: partOf(module).file, namespace: 'part' };
    });
    onLoad({ filter: /./, namespace: 'part' }, ({ path }) => ({ contents: `module.exports = ${besideIt(path)};` }));
  },
});

/** Code that loads the bundle `file` beside the one it stands in. */
export const besideIt = (file: string): string => `require(require('node:path').join(__dirname, ${JSON.stringify(file)}))`;
