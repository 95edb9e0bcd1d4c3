/**
 * Entry of the load processes: `node tool.js source|sink …`, the same functions as behind `tqmail source` and `tqmail sink`.
 * Exists so that a measurement does not depend on the launchers.
 */
const [name, ...args] = process.argv.slice(2);
// Only what is used: the start is part of what a short run measures.
const sink = async (): Promise<number> => (await import('../../src/cli/sink.js')).runSink(args);
const source = async (): Promise<number> => (await import('../../src/cli/source.js')).runSource(args);
process.exitCode = await (name === 'sink' ? sink() : source());
