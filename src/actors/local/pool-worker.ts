/** The entry of a pool thread for local mail: a slot makes one delivery after another. */
import { hostname } from 'node:os';
import { workerData } from 'node:worker_threads';
import { obeyFaults } from '../kernel/fault.js';
import { beat } from '../kernel/pulse.js';
import type { LocalReport } from '../messages.js';
import type { LocalSlotDelivery, LocalThreadData } from '../spawn/local-pool.js';
import { type PoolThreadData, slotWorker, type WorkerSlot } from '../spawn/slot-worker.js';
import { createLocalDeliverer } from './deliverer.js';

// piscina hands its workers an array: its own data, then what the pool was created with.
const data = (Array.isArray(workerData) ? workerData[1] : workerData) as LocalThreadData & PoolThreadData;
const deliverer = createLocalDeliverer({ ...data, hostname: hostname(), env: process.env });

beat(data.pulse);
obeyFaults('local');

function deliver(delivery: LocalSlotDelivery): Promise<LocalReport> {
  if (!('framed' in delivery)) return deliverer.deliver(delivery, delivery.defaultDelivery);
  if (deliverer.deliverFrame === undefined) throw new Error('a framed delivery, and no lspawnd');
  return deliverer.deliverFrame(delivery.framed, delivery.bytes);
}

function open(): WorkerSlot<LocalSlotDelivery, LocalReport> {
  return {
    deliver,
    spent: () => false,
    close: () => undefined,
  };
}

// piscina takes a worker's task from its module's default export
export default slotWorker<true, LocalSlotDelivery, LocalReport>(open, () => undefined);
