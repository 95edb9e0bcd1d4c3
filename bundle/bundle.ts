/**
 * All modules that one entry can reach, as one CommonJS text: a command then reads one file instead of many, which is most
 * of its start. What a command does is the modules' own; a module that needs an installed package where it is imported
 * makes the entry keep its single files.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { NoBundle, transform } from './transform.js';

/** What every launcher loads beside its entry. */
const besides = 'cli/call';

/** Throws NoBundle. `root` is the folder of the built sources, `entry` a path below it without `.js`. */
export function bundle(root: string, entry: string): string {
  const modules = new Map<string, string>();
  const open = [entry, besides];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (modules.has(key)) continue;
    modules.set(key, '');
    const { body, found } = oneModule(root, key);
    modules.set(key, body);
    open.push(...found);
  }
  const texts = [...modules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, body]) => `${quoted(key)}(exports) {\n${body}},\n`);
  return `${head}const modules = {\n${texts.join('')}};\n${foot(entry)}`;
}

function oneModule(root: string, key: string): { readonly body: string; readonly found: readonly string[] } {
  const found: string[] = [];
  const file = join(root, `${key}.js`);
  const load = ({ specifier, lazy }: { readonly specifier: string; readonly lazy: boolean }): string => {
    if (specifier.startsWith('node:')) return lazy ? `later(() => require('${specifier}'))` : `require('${specifier}')`;
    if (!specifier.startsWith('.')) throw new NoBundle(`${key} imports the package ${specifier}`);
    const target = relative(root, join(dirname(file), specifier)).replace(/\.js$/, '');
    found.push(target);
    return lazy ? `later(() => load(${quoted(target)}))` : `load(${quoted(target)})`;
  };
  const { body } = transform(readFileSync(file, 'utf8'), load, `addressOf(${quoted(key)})`);
  return { body, found };
}

const quoted = (text: string): string => `'${text}'`;

const head = `'use strict';
// Made by "npm run build" out of dist/src. Not to be changed by hand.
const loaded = new Map();
function load(key) {
  let exports = loaded.get(key);
  if (exports === undefined) {
    exports = {};
    loaded.set(key, exports);
    modules[key](exports);
  }
  return exports;
}
const later = async (get) => get();
const addressOf = (key) => require('node:url').pathToFileURL(require('node:path').join(__dirname, '..', 'src', key + '.js')).href;
`;

const foot = (entry: string): string => `exports.command = load(${quoted(entry)});
exports.processCall = () => load(${quoted(besides)}).processCall();
`;
