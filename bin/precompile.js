/**
 * Keeps the compiler's work on every bundle of dist/commands beside it, for the node that runs this; launch.js tells what
 * is in such a file. The build does it, and an installation. Where it cannot write, commands start as before, only slower.
 */
const { chmodSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { cacheOf, headOf, scriptOf } = require('./launch.js').caches;

function precompile(file) {
  const made = statSync(file);
  const text = readFileSync(file, 'utf8');
  // A launcher takes one octet as one character.
  if (/[^\x00-\x7f]/.test(text)) return;
  const source = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
  // All functions at once, not each when it is first called; the flag back again, because V8 compares flags.
  setFlagsFromString('--no-lazy');
  const script = scriptOf(file, source);
  setFlagsFromString('--lazy');
  const data = script.createCachedData();
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(source.length, 0);
  lengths.writeUInt32LE(data.length, 4);
  const fresh = `${cacheOf(file)}.${process.pid}`;
  try {
    writeFileSync(fresh, Buffer.concat([Buffer.from(headOf(made)), lengths, Buffer.from(source), data, data]));
    chmodSync(fresh, made.mode & 0o777);
    renameSync(fresh, cacheOf(file));
  } finally {
    rmSync(fresh, { force: true });
  }
}

function bundles(folder) {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.cjs'));
  } catch {
    // Not built yet.
    return [];
  }
}

const folder = join(__dirname, '..', 'dist', 'commands');
for (const name of bundles(folder)) {
  try {
    precompile(join(folder, name));
  } catch (error) {
    process.stderr.write(`precompile: ${join(folder, name)}: ${error.message}; commands start without\n`);
    break;
  }
}
