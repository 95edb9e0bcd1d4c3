/**
 * What precompile.js keeps beside a bundle: a launcher takes it, and does without whenever it is not for this bundle and
 * this node, or damaged.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../runner/tree.js';
import { scratch } from './command.js';

/** A bundle that says where its code came from: a `require` of Node's own has a cache, that of the launcher has not. */
const bundle = `
const from = require.cache === undefined ? 'cache' : 'bundle';
const late = (require.import ?? ((name) => import(name)))('../src/late.js');
exports.command = { main: async () => { console.log(from, require(__dirname + '/part.cjs').part, (await late).late); return 4; } };
`;

interface Built {
  readonly folder: string;
  readonly cache: string;
  /** What the launcher wrote, and its exit code. */
  said(): readonly unknown[];
  precompile(): string;
  put(name: string, text: string): void;
}

function built(t: TestContext): Built {
  const folder = scratch(t);
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  mkdirSync(join(folder, 'bin'));
  for (const name of ['launch.js', 'package.json', 'precompile.js'])
    copyFileSync(join(root, 'bin', name), join(folder, 'bin', name));
  put('package.json', '{"type":"module"}');
  put('bin/say', "const { launch } = require('./launch.js');\n\nlaunch('mail/say');\n");
  put('dist/src/late.js', "export const late = 'late';\n");
  put('dist/commands/mail-say.cjs', bundle);
  put('dist/commands/part.cjs', "exports.part = 'part';\n");
  const node = (name: string): { stdout: string; stderr: string; status: number | null } =>
    spawnSync(process.execPath, [join(folder, 'bin', name)], { encoding: 'utf8', timeout: 60_000 });
  const said = (): readonly unknown[] => {
    const { stdout, stderr, status } = node('say');
    return [stdout, stderr, status];
  };
  return {
    folder,
    cache: join(folder, 'dist/commands/mail-say.cache'),
    said,
    precompile: () => node('precompile.js').stderr,
    put,
  };
}

const bundled = ['bundle part late\n', '', 4];
const cached = ['cache part late\n', '', 4];

test('a launcher takes what the compiler has done already, in bundles and in parts of them', (t) => {
  const { said, precompile } = built(t);
  assert.deepEqual(said(), bundled);
  assert.equal(precompile(), '');
  assert.deepEqual(said(), cached);
});

test('a cache of another bundle or another node is left alone, and made anew by the next build', (t) => {
  const { folder, cache, said, precompile, put } = built(t);
  precompile();
  put('dist/commands/mail-say.cjs', bundle.replace("'bundle'", "'sequel'"));
  assert.deepEqual(said(), ['sequel part late\n', '', 4]);
  precompile();
  assert.deepEqual(said(), cached);
  const { size } = statSync(join(folder, 'dist/commands/mail-say.cjs'));
  utimesSync(join(folder, 'dist/commands/mail-say.cjs'), 1_000, 1_000);
  assert.equal(statSync(join(folder, 'dist/commands/mail-say.cjs')).size, size);
  assert.deepEqual(said(), ['sequel part late\n', '', 4], 'same size, other date');
  precompile();
  const kept = readFileSync(cache);
  writeFileSync(
    cache,
    Buffer.from(kept.toString('latin1').replace(process.version, process.version.replace(/\d/, '9')), 'latin1'),
  );
  assert.deepEqual(said(), ['sequel part late\n', '', 4], 'another version of node');
});

test('a damaged, cut, empty, unreadable or missing cache costs nothing but time', (t) => {
  const { cache, said, precompile } = built(t);
  precompile();
  const kept = readFileSync(cache);
  assert.deepEqual(said(), cached);
  const damaged = (change: (octets: Buffer) => Buffer | undefined): void => {
    const octets = Buffer.from(kept);
    writeFileSync(cache, change(octets) ?? octets);
  };
  const size = kept.readUInt32LE(kept.indexOf(10) + 5);
  for (const at of [1, 200, size - 1, size + 1, 2 * size - 1]) {
    damaged((octets) => void octets.writeUInt8(octets.readUInt8(octets.length - at) ^ 4, octets.length - at));
    assert.deepEqual(said(), bundled, `octet ${at} from the end`);
  }
  for (const length of [0, 3, kept.indexOf(10) + 3, kept.indexOf(10) + 9, kept.length - size, kept.length - 1]) {
    damaged((octets) => octets.subarray(0, length));
    assert.deepEqual(said(), bundled, `${length} octets of ${kept.length}`);
  }
  damaged((octets) => octets.fill(0));
  assert.deepEqual(said(), bundled, 'zeros');
  damaged((octets) => octets.fill(0, octets.indexOf(10) + 9));
  assert.deepEqual(said(), bundled, 'zeros after the head');
  rmSync(cache);
  mkdirSync(cache);
  assert.deepEqual(said(), bundled, 'a folder');
  rmSync(cache, { recursive: true });
  assert.deepEqual(said(), bundled, 'none');
});

test('other flags of node are refused by V8, and the command runs', (t) => {
  const { folder, precompile } = built(t);
  precompile();
  const ran = spawnSync(process.execPath, ['--no-opt', '--stack-size=500', join(folder, 'bin', 'say')], { encoding: 'utf8' });
  assert.deepEqual([ran.stdout.replace(/^\w+/, ''), ran.stderr, ran.status], [' part late\n', '', 4]);
});

test('without bundles there is nothing to keep', (t) => {
  const { folder, precompile } = built(t);
  rmSync(join(folder, 'dist'), { recursive: true });
  assert.equal(precompile(), '');
});
