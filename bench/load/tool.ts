/**
 * Entry of the load processes: `node tool.js source|sink …`, the same functions as behind `tqmail source` and `tqmail sink`.
 * Exists so that a measurement does not depend on the launchers.
 */
import { runSink } from '../../src/cli/sink.js';
import { runSource } from '../../src/cli/source.js';

const [name, ...args] = process.argv.slice(2);
process.exitCode = await (name === 'sink' ? runSink(args) : runSource(args));
