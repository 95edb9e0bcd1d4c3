/**
 * What every launcher does: load the one entry that its command needs, run it, end with its exit code. An entry has
 * `run(call)` (see src/cli/call.ts) or `main(argv)`. Takes the entry's bundle in dist/commands, one file instead of many,
 * unless the built sources are newer. Says how to build when the built tree is missing. Loads nothing else.
 */
const { existsSync, statSync, writeSync } = require('node:fs');
const { basename, join } = require('node:path');

const dist = join(__dirname, '..', 'dist');

/** Undefined: there is no bundle, or it is older than what the compiler wrote last. */
function bundleOf(entry) {
  const file = join(dist, 'commands', `${entry.replaceAll('/', '-')}.cjs`);
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined) return undefined;
  for (const layer of ['protocol', 'store', 'actors', 'cli']) {
    const built = statSync(join(dist, '.build', `${layer}.tsbuildinfo`), { throwIfNoEntry: false });
    if (built !== undefined && built.mtimeMs >= made) return undefined;
  }
  return require(file);
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
