/**
 * What every launcher does: load the one entry that its command needs, run it, end with its exit code. An entry has
 * `run(call)` (see src/cli/call.ts) or `main(argv)`. Takes the entry's bundle in dist/commands, one file instead of many,
 * unless the built sources are newer, and NAME.cache beside it, the compiler's work on it that precompile.js kept. Says how
 * to build when the built tree is missing.
 */
const { existsSync, readFileSync, statSync, writeSync } = require('node:fs');
const { basename, dirname, isAbsolute, join } = require('node:path');
const { Script } = require('node:vm');

const dist = join(__dirname, '..', 'dist');

/** Undefined: there is no bundle, or it is older than what the compiler wrote last. */
function bundleOf(entry) {
  const file = join(dist, 'commands', `${entry.replaceAll('/', '-')}.cjs`);
  const made = statSync(file, { throwIfNoEntry: false });
  if (made === undefined) return undefined;
  for (const layer of ['protocol', 'store', 'actors', 'cli']) {
    const built = statSync(join(dist, '.build', `${layer}.tsbuildinfo`), { throwIfNoEntry: false });
    if (built !== undefined && built.mtimeMs >= made.mtimeMs) return undefined;
  }
  return loadBundle(file, made);
}

const loaded = new Map();

/** The exports of a bundle; `made`: what stat says of it. */
function loadBundle(file, made = statSync(file)) {
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const script = keptScript(file, made);
  if (script === undefined) return require(file);
  const module = { exports: {} };
  loaded.set(file, module);
  script.runInThisContext()(module.exports, demand, module, file, dirname(file));
  return module.exports;
}

/** The `require` of a bundle: another bundle comes as it did; packages are the same ones from here as from there. */
function demand(name) {
  return isAbsolute(name) && name.endsWith('.cjs') ? loadBundle(name) : require(name);
}
demand.resolve = require.resolve;

/** Code out of a cache has no `import` of its own. */
demand.import = (name) =>
  import(name.startsWith('.') ? require('node:url').pathToFileURL(join(dist, 'commands', name)).href : name);

const cacheOf = (file) => `${file.slice(0, -'.cjs'.length)}.cache`;

/** The first line of a cache: for this very node and bundle. V8 looks at its version and flags besides, no further. */
function headOf(made) {
  const node = statSync(process.execPath);
  return `tqmail ${process.version} ${process.arch} ${node.size} ${node.mtimeMs} of ${made.size} ${made.mtimeMs}\n`;
}

/** `source` has the function around it. */
const scriptOf = (file, source, cachedData) => new Script(source, { filename: file, cachedData });

/**
 * Undefined: nothing usable is kept, and the bundle alone does. After the head come two lengths, the source, and the data
 * twice: V8 would not notice a damage in it, and to compare two copies costs next to nothing.
 */
function keptScript(file, made) {
  try {
    const kept = readFileSync(cacheOf(file));
    const head = headOf(made);
    if (kept.latin1Slice(0, head.length) !== head) return undefined;
    const source = head.length + 8;
    const data = source + kept.readUInt32LE(head.length);
    const size = kept.readUInt32LE(head.length + 4);
    const first = kept.subarray(data, data + size);
    if (size === 0 || !first.equals(kept.subarray(data + size))) return undefined;
    return scriptOf(file, kept.latin1Slice(source, data), first);
  } catch {
    return undefined;
  }
}

async function load(entry) {
  const bundle = bundleOf(entry);
  if (bundle !== undefined) return bundle;
  const built = join(dist, 'src', 'cli', `${entry}.js`);
  if (!existsSync(built)) {
    const root = join(__dirname, '..');
    process.stderr.write(`${built} is missing: this copy of tqmail is not built. Run: cd ${root} && npm ci && npm run build\n`);
    process.exit(111);
  }
  const command = await import(`../dist/src/cli/${entry}.js`);
  if (command.run === undefined) return { command };
  const { processCall } = await import('../dist/src/cli/call.js');
  return { command, processCall };
}

/** What cannot be written (full disk, nobody reads) ends a command with its cause; everything else is a bug and is shown whole. */
function unwritten(error) {
  if (error?.syscall !== 'write' || typeof error.code !== 'string') throw error;
  const reason = error.code === 'EPIPE' ? 'broken pipe' : error.message.replace(/^\w+: |, write$/g, '');
  try {
    writeSync(2, `${basename(process.argv[1])}: fatal: unable to write output: ${reason}\n`);
  } catch {
    // Nobody reads that either; the exit code still tells.
  }
  process.exit(111);
}

exports.launch = async (entry) => {
  const { command, processCall } = await load(entry);
  if (command.run !== undefined) process.exit(await command.run(processCall()).catch(unwritten));
  // Streams tell their trouble as an event, a moment later. A server has a listener of its own, and lives on.
  process.stdout.on('error', (error) => process.stdout.listenerCount('error') > 1 || unwritten(error));
  const code = await command.main(process.argv.slice(2)).catch(unwritten);
  setImmediate(() => process.exit(code));
};

/** For precompile.js, which makes the caches. */
exports.caches = { cacheOf, headOf, scriptOf };
