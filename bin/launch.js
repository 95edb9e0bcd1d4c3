/**
 * What every launcher does: load the one entry that its command needs, run it, end with its exit code. An entry has
 * `run(call)` (see src/cli/call.ts) or `main(argv)`. Takes the entry's bundle in dist/commands, one file instead of many,
 * unless the built sources are newer. Says how to build when the built tree is missing. Loads nothing else.
 */
const { existsSync, statSync } = require('node:fs');
const { join } = require('node:path');

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

exports.launch = async (entry) => {
  const { command, processCall } = await load(entry);
  process.exit(await (command.run === undefined ? command.main(process.argv.slice(2)) : command.run(processCall())));
};
