/**
 * Entry of the node process. Loads the actors only after its signal handlers and its life line stand.
 */
import type { NodeOptions, RunningNode } from '../../actors/node-api.js';
import { runNode } from './run-node.js';

runNode(async (options: NodeOptions): Promise<RunningNode> => {
  const entry = new URL('../../actors/node.js', import.meta.url).href;
  const { startNode } = (await import(entry)) as { startNode(options: NodeOptions): Promise<RunningNode> };
  return startNode(options);
});
