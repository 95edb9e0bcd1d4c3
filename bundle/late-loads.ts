/**
 * What a bundle loads, it loads late. Node's own modules come when something of them is first used: what a command
 * imports for a way that it seldom goes (a network, a child, a cipher) costs it milliseconds otherwise. ES modules come
 * through the launcher, because code out of a cache cannot import. Works on esbuild's output, where an import is a
 * variable and each use of it a property of that variable.
 */

/** Loaded before any command begins. */
const early: readonly string[] = ['fs', 'path'];

const beginning = `var lateBuiltin=(name,found)=>()=>found??=require(name);
var lateImport=require.import??((name)=>import(name));
var monotonicNow=()=>{const [seconds,nanos]=process.hrtime();return seconds*1e3+nanos/1e6};
`;

/** The same bundle; a variable that is used in another way keeps its early load. */
export function lateLoads(text: string): string {
  const late = new Set<string>();
  for (const [, variable = '', name = ''] of text.matchAll(/\b(import_\w+) ?= ?require\("node:([\w/]+)"\)/g)) {
    if (!early.includes(name) && !usedWhole(text, variable)) late.add(variable);
  }
  const changed = text
    .replace(/\b(import_\w+)( ?= ?)require\(("node:[\w/]+")\)/g, (found, variable, equals, name) =>
      late.has(variable) ? `${variable}${equals}lateBuiltin(${name})` : found,
    )
    .replace(/\b(new )?(import_\w+)\./g, (found, constructed, variable) => {
      if (!late.has(variable)) return found;
      return constructed === undefined ? `${variable}().` : `new (${variable}()).`;
    })
    .replace(/\bimport\(("node:[\w/]+")\)/g, 'Promise.resolve().then(()=>require($1))')
    .replace(/\bimport\((?=")/g, 'lateImport(');
  return `${beginning}${changed}`;
}

/** Beside its declaration, its one value and properties of it. */
function usedWhole(text: string, variable: string): boolean {
  return new RegExp(`\\b${variable}\\b(?![.,;=]| =)`).test(text);
}
