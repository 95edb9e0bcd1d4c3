/**
 * LMDB's JavaScript as a bundle of its own, which the bundles of commands load when they open a store: the package's six
 * files are found, read and compiled once. The native part stays in its package. Left out is the packing of values
 * (msgpackr): a queue's records are octets.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { compact, form } from './form.js';
import { besideIt } from './parts.js';

export const lmdbFile = 'lmdb.cjs';
export const licencesFile = 'lmdb.licences';

/** The one module that loads the package. */
const binding = 'store/lmdb/binding.js';

export const lateLmdb = (root: string): Plugin => ({
  name: 'late lmdb',
  setup({ onLoad }) {
    onLoad({ filter: /binding\.js$/ }, ({ path }) =>
      path === join(root, binding) ? { contents: `export const { open } = ${besideIt(lmdbFile)};` } : undefined,
    );
  },
});

/** The text of the bundle, and the licences of the packages in it. Rejects when the package is not installed. */
export async function bundleLmdb(): Promise<{ readonly text: string; readonly licences: string }> {
  const entry = createRequire(import.meta.url).resolve('lmdb');
  const { outputFiles, metafile } = await build({ ...form, entryPoints: [entry], external: ['@lmdb/*'], plugins: [smaller] });
  const text = outputFiles[0]?.text;
  if (text === undefined) throw new Error('esbuild made nothing of lmdb');
  const files = Object.keys(metafile.inputs).map((file) => resolve(file));
  const folders = files.flatMap((file) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return { text: await compact(text), licences: await licencesOf([...new Set(folders)]) };
}

async function licencesOf(packages: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const folder of packages) {
    const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
    const { license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { license: string };
    const text = file === undefined ? license : await readFile(join(folder, file), 'utf8');
    texts.push(`${folder.replace(/^.*node_modules\//, '')}\n\n${text.trim()}\n`);
  }
  return texts.join('\n');
}

/** The native part for the usual machine is where npm puts it; on any other the package's own search finds it. */
const native = `
module.exports = () => {
  try {
    return require('@lmdb/lmdb-' + process.platform + '-' + process.arch + '/node.abi' + process.versions.modules + '.glibc.node');
  } catch {
    const search = require(require.resolve('node-gyp-build-optional-packages'));
    return search(require('node:path').join(require.resolve('lmdb'), '..', '..'));
  }
};
`;

const unused = `
exports.Encoder = class {
  constructor() {
    throw new Error('values of this queue are octets');
  }
};
`;

const noModules = `
exports.createRequire = () => require;
`;

const smaller: Plugin = {
  name: 'smaller lmdb',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^node:module$/ }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: noModules }));
    onLoad({ filter: /\/node-gyp-build-optional-packages\/index\.js$/ }, () => ({ contents: native }));
    onLoad({ filter: /\/msgpackr\/[^/]+\/?[^/]*\.c?js$/ }, () => ({ contents: unused }));
  },
};
