/**
 * Bundles of commands: every entry can be bundled and keeps its parts, forms that a bundle does not know are refused, and
 * a launcher takes a bundle only while it is newer than the built sources.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { bundle } from '../../bundle/bundle.js';
import { NoBundle, transform } from '../../bundle/transform.js';
import { root } from '../runner/tree.js';
import { scratch } from './command.js';

/** What the transformed module exports when the modules that it imports are `others`. */
function evaluated(source: string, others: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const { body } = transform(source, ({ specifier }) => `others[${JSON.stringify(specifier)}]`, "'file:///own.js'");
  const exports: Record<string, unknown> = {};
  new Function('exports', 'others', body)(exports, others);
  return exports;
}

test('imports and exports in every form of the compiler', () => {
  const source = `import net, {} from 'net';
import * as all from './all.js';
import { a, b as c } from './ab.js';
import {
  d,
} from './d.js';
import './effect.js';
export { x as y } from './xy.js';
export const sum = () => a + c + d + all.one + net.two;
export function first() { return second(); }
export async function* pieces() { yield 1; }
export class Thing {}
const inner = 'in';
export { inner as outer };
export const own = import.meta.url;
export const lazy = () => import('./lazy.js');
function second() { return 'second'; }
export {};
//# sourceMappingURL=x.js.map
`;
  const others = { net: { two: 2 }, './all.js': { one: 1 }, './ab.js': { a: 10, b: 20 }, './d.js': { d: 30 } };
  const exports = evaluated(source, { ...others, './xy.js': { x: 'exes' }, './lazy.js': 'late' });
  assert.equal((exports.sum as () => number)(), 63);
  assert.equal((exports.first as () => string)(), 'second');
  assert.equal(exports.y, 'exes');
  assert.equal(exports.outer, 'in');
  assert.equal(exports.own, 'file:///own.js');
  assert.equal((exports.lazy as () => unknown)(), 'late');
  assert.deepEqual(Object.keys(exports).sort(), ['Thing', 'first', 'lazy', 'outer', 'own', 'pieces', 'sum', 'y']);
});

test('what a bundle does not know is refused', () => {
  for (const source of [
    'export let changing = 1;\n',
    'export default 1;\n',
    "export * from './all.js';\n",
    'const late = (name) => import(name);\n',
    'const here = import.meta.dirname;\n',
    "import a from './a.js' with { type: 'json' };\n",
  ]) {
    assert.throws(() => transform(source, () => 'x', 'y'), NoBundle, source);
  }
});

test('every command but tqmail itself has a bundle', () => {
  const launchers = readdirSync(join(root, 'bin')).map((name) => readFileSync(join(root, 'bin', name), 'utf8'));
  const entries = new Set(launchers.flatMap((text) => /^launch\('([^']+)'\)/m.exec(text)?.[1] ?? []));
  assert.ok(entries.size > 50);
  for (const entry of entries) {
    const bundled = () => bundle(join(root, 'dist', 'src'), `cli/${entry}`);
    // tqmail reaches the server, and that needs installed packages.
    if (entry === 'tqmail') assert.throws(bundled, NoBundle);
    else new Script(`(function (exports, require) {${bundled()}})`, { filename: entry });
  }
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
