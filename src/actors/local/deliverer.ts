/**
 * What the pool's local workers call: a delivery in, a report out. Hides whether this process
 * delivers itself (only to its own uid) or asks lspawnd, the small root process, to do it.
 */
import { deliverSingly, type LocalDeliverer, type LocalDelivererOptions } from './deliverer-types.js';
import { createLspawndDeliverer } from './lspawnd-client.js';
import { createOwnDeliverer } from './own-deliverer.js';

export function createLocalDeliverer(options: LocalDelivererOptions): LocalDeliverer {
  const { lspawndSocket } = options;
  const way = lspawndSocket === undefined ? createOwnDeliverer(options) : createLspawndDeliverer(options, lspawndSocket);
  return { ...way, deliver: deliverSingly(way.deliverOne) };
}
