/**
 * Bundles of commands: every entry that can have one has one, modules in it know where they come from, and a launcher takes
 * a bundle only while it is newer than the built sources.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { bundle, bundlePart } from '../../bundle/bundle.js';
import { library } from '../../bundle/library.js';
import { bundleLmdb, lmdbFile } from '../../bundle/lmdb-package.js';
import { partsOf } from '../../bundle/parts.js';
import { root } from '../runner/tree.js';
import { scratch } from './command.js';

test('every command and every verb that is a part of its own has a bundle', async () => {
  const launchers = readdirSync(join(root, 'bin')).map((name) => readFileSync(join(root, 'bin', name), 'utf8'));
  const entries = new Set(launchers.flatMap((text) => /^launch\('([^']+)'\)/m.exec(text)?.[1] ?? []));
  assert.ok(entries.size > 50);
  const built = join(root, 'dist', 'src');
  const parts = await partsOf(built);
  assert.ok(parts.length > 8);
  const lmdb = await bundleLmdb();
  for (const name of ['lmdb', 'ordered-binary']) assert.match(lmdb.licences, new RegExp(`^${name}\n\n[^]*MIT`, 'm'));
  const texts = new Map<string, string | undefined>([[lmdbFile, lmdb.text]]);
  for (const entry of entries) texts.set(entry, await bundle(built, `cli/${entry}`));
  for (const part of parts) texts.set(part.file, await bundlePart(built, part));
  for (const [name, text = ''] of texts) {
    assert.notEqual(text, '', `${name} has none`);
    new Script(`(function (exports, require, __dirname) {${text}})`, { filename: name });
    // A launcher takes one octet as one character.
    assert.doesNotMatch(text, /[^\x00-\x7f]/, name);
    for (const [, part = ''] of text.replaceAll('\\\n', '').matchAll(/__dirname,\s?"([^"/]+\.cjs)"/g))
      assert.ok(texts.has(part), `${name} loads ${part}`);
  }
});

test('a module in a bundle has the address of its own file, and may load others and packages late', async (t) => {
  const folder = scratch(t);
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  put('dist/src/cli/call.js', 'export const processCall = () => 1;\n');
  put(
    'dist/src/cli/mail/say.js',
    "import { where } from '../../store/place.js';\nexport const run = async () => [where, (await import('./late.js')).late];\n",
  );
  put('dist/src/cli/mail/late.js', "export const late = 'late';\nexport const more = () => import('some-package');\n");
  put('dist/src/store/place.js', 'export const where = import.meta.url;\n');
  put('dist/src/cli/mail/early.js', "import some from 'some-package';\nexport const run = some;\n");
  put('dist/commands/mail-say.cjs', (await bundle(join(folder, 'dist', 'src'), 'cli/mail/say')) ?? '');
  const bundled = createRequire(import.meta.url)(join(folder, 'dist/commands/mail-say.cjs'));
  assert.deepEqual(await bundled.command.run(), [pathToFileURL(join(folder, 'dist/src/store/place.js')).href, 'late']);
  assert.equal(bundled.processCall(), 1);
  assert.equal(await bundle(join(folder, 'dist', 'src'), 'cli/mail/early'), undefined);
});

test('a library is one file for both ways to load it, with its own time and its declarations, or none', async (t) => {
  const folder = scratch(t);
  const root = join(folder, 'dist', 'src');
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  put('package.json', '{"type":"module"}');
  put('dist/src/a/clock.js', "import { zero } from '../b/zero.js';\nexport const now = () => Date.now() + zero;\n");
  put('dist/src/a/clock.d.ts', "import type { Zero } from '../b/zero.js';\nexport declare const now: () => Zero;\n");
  put('dist/src/b/zero.js', 'export const zero = 0;\n');
  put('dist/src/b/zero.d.ts', 'export type Zero = number;\n');
  const files = await library(root, 'a/clock');
  assert.deepEqual([...files.keys()], ['package.json', 'clock.js', 'clock.mjs', 'a/clock.d.ts', 'b/zero.d.ts']);
  for (const [name, text] of files) put(`dist/library/${name}`, text);
  const required = createRequire(import.meta.url)(join(folder, 'dist/library/clock.js')) as { now(): number };
  t.mock.method(Date, 'now', () => 0);
  assert.ok(required.now() > 1e12);
  const { now } = (await import(pathToFileURL(join(folder, 'dist/library/clock.mjs')).href)) as typeof required;
  assert.equal(now, required.now);
  put('dist/src/a/foreign.js', "import some from 'some-package';\nexport const it = some;\n");
  await assert.rejects(library(root, 'a/foreign'), /a\/foreign cannot be one file: it needs some-package/);
});

test('a launcher takes the bundle, and the single files when the compiler was there later', (t) => {
  const folder = scratch(t);
  const put = (name: string, text: string, seconds: number): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    utimesSync(join(folder, name), seconds, seconds);
  };
  mkdirSync(join(folder, 'bin'));
  for (const name of ['launch.js', 'package.json']) copyFileSync(join(root, 'bin', name), join(folder, 'bin', name));
  put('package.json', '{"type":"module"}', 1);
  put('bin/say', "const { launch } = require('./launch.js');\n\nlaunch('mail/say');\n", 1);
  put('dist/src/cli/call.js', "export const processCall = () => 'files';\n", 1);
  put('dist/src/cli/mail/say.js', 'export const run = async (call) => { console.log(call); return 3; };\n', 1);
  put('dist/commands/mail-say.cjs', "exports.command = { main: async () => { console.log('bundle'); return 4; } };\n", 1000);
  const said = (): readonly unknown[] => {
    const ran = spawnSync(process.execPath, [join(folder, 'bin', 'say')], { encoding: 'utf8', timeout: 60_000 });
    return [ran.stdout, ran.stderr, ran.status];
  };
  assert.deepEqual(said(), ['bundle\n', '', 4]);
  put('dist/.build/store.tsbuildinfo', '{}', 999);
  assert.deepEqual(said(), ['bundle\n', '', 4]);
  put('dist/.build/store.tsbuildinfo', '{}', 1000);
  assert.deepEqual(said(), ['files\n', '', 3]);
});
