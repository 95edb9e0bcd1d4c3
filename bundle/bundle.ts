/**
 * All modules that one entry can reach, as one CommonJS file: a command then reads one file instead of many, which is most
 * of its start. esbuild does it. Installed packages stay where they are, but for LMDB's own modules (lmdb-package.ts). An
 * entry that needs another one before it begins has no bundle: some are ES modules, which CommonJS can only load late.
 */
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { compact, form } from './form.js';
import { lateLoads } from './late-loads.js';
import { lateLmdb } from './lmdb-package.js';
import { lateParts, type Part } from './parts.js';

/** What every launcher loads beside its entry. */
const besides = 'cli/call';

/**
 * The text of the bundle, to be kept in a folder beside `root`. `root` is the folder of the built sources, `entry` a path
 * below it without `.js`. Undefined: the entry keeps its single files. Rejects where a module is missing or cannot be read.
 */
export async function bundle(root: string, entry: string): Promise<string | undefined> {
  return bundled(
    root,
    `
export * as command from ${JSON.stringify(join(root, `${entry}.js`))};
export { processCall } from ${JSON.stringify(join(root, `${besides}.js`))};
`,
  );
}

/** The same of a part, which another bundle loads late. */
export async function bundlePart(root: string, { module }: Part): Promise<string | undefined> {
  return bundled(root, `export * from ${JSON.stringify(join(root, `${module}.js`))};`);
}

async function bundled(root: string, contents: string): Promise<string | undefined> {
  const { outputFiles, metafile } = await build({
    ...form,
    stdin: { contents, resolveDir: root },
    packages: 'external',
    plugins: [lateParts(root), lateLmdb(root), ownAddresses(root)],
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const early = imports.some(({ path, kind }) => kind !== 'dynamic-import' && !isBuiltin(path));
  const text = outputFiles[0]?.text;
  return early || text === undefined ? undefined : compact(lateLoads(text));
}

/** Modules find files and threads beside themselves, so `import.meta.url` stays the address of the single file. */
export const ownAddresses = (root: string): Plugin => ({
  name: 'own addresses',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const place = JSON.stringify(join('..', relative(join(root, '..'), path)));
      const own = `require('node:url').pathToFileURL(require('node:path').join(__dirname, ${place})).href`;
      return { contents: text.replaceAll('import.meta.url', own), loader: 'js' };
    });
  },
});
