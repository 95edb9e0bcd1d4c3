/**
 * The side of a pool thread: slots that are opened by tasks and get their deliveries over the link that the
 * first task brought. What a slot does with a delivery is its opener's.
 */
import type { MessagePort } from 'node:worker_threads';
import { Link, type LinkTarget } from '../kernel/link.js';
import type { SlotTask } from './slot-pool.js';
import type { SlotDelivery } from './worker-link.js';

/** What every pool thread is started with, besides what its pool gives it. */
export interface PoolThreadData {
  readonly pulse: SharedArrayBuffer;
}

export interface WorkerSlot<D, R> {
  deliver(delivery: D): R | Promise<R>;
  /** True after a report with which the slot cannot go on. */
  spent(report: R): boolean;
  close(): void;
}

interface OpenSlot<D, R> {
  readonly slot: WorkerSlot<D, R>;
  readonly end: () => void;
  running: number;
  closing: boolean;
}

/** The function that piscina runs a task with. `forget` is told which kept bodies are not needed any more. */
export function slotWorker<S, D extends SlotDelivery, R>(
  open: (start: S) => WorkerSlot<D, R>,
  forget: (message: number) => void,
): (task: SlotTask<S>) => Promise<void> {
  const slots = new Map<number, OpenSlot<D, R>>();
  /** What came before its slot; at most one thing a slot. */
  const early = new Map<number, () => void>();

  const end = (session: number, open: OpenSlot<D, R>): void => {
    slots.delete(session);
    open.slot.close();
    open.end();
  };
  const close = (session: number): void => {
    const open = slots.get(session);
    if (open === undefined) return void early.set(session, () => close(session));
    open.closing = true;
    if (open.running === 0) end(session, open);
  };
  const deliver = async (delivery: D, answer: (report: R) => void): Promise<void> => {
    const { session } = delivery;
    const open = slots.get(session);
    // Task and delivery come on different ports: the delivery may be faster than the slot it is for.
    if (open === undefined) return void early.set(session, () => void deliver(delivery, answer));
    open.running += 1;
    const report = await open.slot.deliver(delivery);
    open.running -= 1;
    answer(report);
    if (open.running === 0 && (open.closing || open.slot.spent(report))) end(session, open);
  };
  const inbox: LinkTarget = {
    receive(_edge, message, payload, answer) {
      if (message === 'forget') forget(payload as number);
      else if (message === 'close') close(payload as number);
      else if (answer !== undefined) void deliver(payload as D, answer);
    },
    answered() {},
    closed() {},
  };
  const adopt = (port: MessagePort): Link => new Link(port, inbox);

  return ({ session, start, port }) => {
    if (port !== undefined) adopt(port);
    return new Promise((resolve) => {
      slots.set(session, { slot: open(start), end: resolve, running: 0, closing: false });
      early.get(session)?.();
      early.delete(session);
    });
  };
}
