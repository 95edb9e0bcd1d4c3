/**
 * What `npm pack` puts into the package: the built product and its documents, no tests, no sources of tests.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { run } from '../runner/command.js';
import { root } from '../runner/tree.js';

/** A file, or files by condition. */
type Target = string | { readonly [condition: string]: Target };

interface Manifest {
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly exports: Target;
  readonly scripts: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
let packed: string[] = [];

before(async () => {
  const ran = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=silent'], 60);
  assert.equal(ran.code, 0, ran.output);
  const json = ran.output.slice(ran.output.search(/^\[/m));
  packed = (JSON.parse(json) as { files: { path: string }[] }[]).flatMap(({ files }) => files.map(({ path }) => path));
});

const filesOf = (target: Target): string[] =>
  typeof target === 'string' ? [target] : Object.values(target).flatMap((part) => filesOf(part));

test('the package holds what runs', () => {
  for (const file of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md', ...filesOf(manifest.exports)]) {
    assert.ok(packed.includes(file.replace(/^\.\//, '')), `${file} is missing`);
  }
  assert.ok(packed.some((file) => file.startsWith('dist/src/protocol/')));
});

test('the package holds no tests and no build state', () => {
  const foreign = packed.filter((file) => /(?:^|\/)test\/|\.test\.|tsbuildinfo|^src\/|^\.|\.map$/.test(file));
  assert.deepEqual(foreign, []);
});

test('every command of package.json is an executable file in the package', () => {
  for (const [name, file] of Object.entries(manifest.bin)) {
    assert.ok(existsSync(join(root, file)), `${name}: ${file} does not exist`);
    assert.ok(packed.includes(file.replace(/^\.\//, '')), `${name}: ${file} is not packed`);
  }
});

test('the lock file names every platform of every optional package: npm ci refuses it otherwise', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
  assert.deepEqual(missing, []);
});
