/**
 * A program that embeds tqmail through its public API: starts a node on the home that its argument names,
 * prints the node's status as JSON behind `status `, stops it and ends by itself.
 */
import { startNode } from '../../src/index.js';

const home = process.argv[2] ?? '';
const node = await startNode({ home });
process.stdout.write(`status ${JSON.stringify(await node.status())}\n`);
await node.stop(1_000);
