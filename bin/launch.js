/**
 * What every launcher does: load the one entry that its command needs, run it, end with its exit code. An entry has
 * `run(call)` (see src/cli/call.ts) or `main(argv)`. Says how to build when the built tree is missing. Loads nothing else.
 */
export async function launch(entry) {
  let command;
  try {
    command = await import(`../dist/src/cli/${entry}.js`);
  } catch (error) {
    const { existsSync } = await import('node:fs');
    const { fileURLToPath } = await import('node:url');
    const built = fileURLToPath(new URL(`../dist/src/cli/${entry}.js`, import.meta.url));
    if (existsSync(built)) throw error;
    const root = fileURLToPath(new URL('..', import.meta.url));
    process.stderr.write(`${built} is missing: this copy of tqmail is not built. Run: cd ${root} && npm ci && npm run build\n`);
    process.exit(111);
  }
  if (command.run === undefined) process.exit(await command.main(process.argv.slice(2)));
  const { processCall } = await import('../dist/src/cli/call.js');
  process.exit(await command.run(processCall()));
}
