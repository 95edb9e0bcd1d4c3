/**
 * The entry of a pool thread for remote mail: a slot is one session to one server. Keeps bodies of shared
 * messages.
 */
import { workerData } from 'node:worker_threads';
import type { Outcome } from '../../protocol/mail.js';
import { obeyFaults } from '../kernel/fault.js';
import { beat } from '../kernel/pulse.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';
import type { SessionStart } from '../spawn/remote-slots.js';
import { type PoolThreadData, slotWorker, type WorkerSlot } from '../spawn/slot-worker.js';
import { BodyShelf } from './body-shelf.js';
import { createRemoteSession } from './worker.js';

const notReady: Outcome = { status: 'Z', text: 'System resources temporarily unavailable. (#4.3.0)\n' };
const shelf = new BodyShelf();

// piscina hands its workers an array: its own data, then what the pool was created with.
const data = (Array.isArray(workerData) ? workerData[1] : workerData) as PoolThreadData;
beat(data.pulse);
obeyFaults('remote');

function open(start: SessionStart): WorkerSlot<RemoteDelivery, RemoteReport> {
  const session = createRemoteSession(start);
  return {
    deliver(delivery) {
      const body = shelf.bodyOf(delivery);
      if (!('status' in body) && session.ready) return session.deliver(delivery, body);
      const outcome = 'status' in body ? body : notReady;
      return { outcomes: delivery.recipients.map(() => outcome), closed: false, timedOut: [] };
    },
    spent: (report) => report.closed,
    close: () => session.close(),
  };
}

// piscina takes a worker's task from its module's default export
export default slotWorker(open, (message) => shelf.forget(message));
