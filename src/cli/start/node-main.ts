/**
 * Entry of the node process. Loads the actors only after its signal handlers and its life line stand.
 */
import type { NodeOptions, RunningNode } from '../../actors/node-api.js';
import { runNode } from './run-node.js';

runNode(async (options: NodeOptions): Promise<RunningNode> => {
  const { startNode } = await import('../../actors/node.js');
  return startNode(options);
});
