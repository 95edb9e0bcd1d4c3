/** The entry of a pool thread for local mail: one task is one delivery. */
import { hostname } from 'node:os';
import { workerData } from 'node:worker_threads';
import { obeyFaults } from '../kernel/fault.js';
import type { LocalReport, WorkerDelivery } from '../messages.js';
import { createLocalDeliverer } from './deliverer.js';

interface ThreadData {
  readonly home: string;
  readonly nonce: string;
  readonly uid: number;
  readonly lspawndSocket?: string;
}

// piscina hands its workers an array: its own data, then what the pool was created with.
const data = (Array.isArray(workerData) ? workerData[1] : workerData) as ThreadData;
const deliverer = createLocalDeliverer({ ...data, hostname: hostname(), env: process.env });

obeyFaults('local');

// biome-ignore lint/style/noDefaultExport: demanded by piscina
export default function run(task: { delivery: WorkerDelivery; defaultDelivery: string }): Promise<LocalReport> {
  return deliverer.deliver(task.delivery, task.defaultDelivery);
}
