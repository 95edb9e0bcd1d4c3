/**
 * Threads that fail on demand, so that a test of the whole server can see what the others do then.
 * Only with TQMAIL_TEST_FAULTS=1 in the environment; otherwise nothing listens and nothing can be ordered.
 */
import { BroadcastChannel } from 'node:worker_threads';

/**
 * `throw`: an error that nobody catches. `exit`: the thread ends without a word. `stall`: it computes for ever. `memory`: it
 * takes memory until it gets no more.
 */
const kinds = ['throw', 'exit', 'stall', 'memory'] as const;
type FaultKind = (typeof kinds)[number];

interface Order {
  /** `front 0`, `core`, or all threads of a pool: `remote`, `local`. */
  readonly thread: string;
  readonly kind: FaultKind;
}

const channelName = 'tqmail fault';

export function faultsAllowed(): boolean {
  return process.env.TQMAIL_TEST_FAULTS === '1';
}

/** Called once by every thread of the node, under its name. */
export function obeyFaults(thread: string): void {
  if (!faultsAllowed()) return;
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event) => {
    const order = (event as { data: Order }).data;
    if (order.thread === thread) fail(order);
  };
  channel.unref();
}

function fail({ thread, kind }: Order): void {
  if (kind === 'exit') process.exit(1);
  while (kind === 'stall');
  if (kind === 'memory') for (const taken: number[][] = []; ; ) taken.push(new Array<number>(100_000).fill(taken.length));
  setImmediate(() => {
    throw new Error(`${thread} was told to fail`);
  });
}

/** Orders the threads of that name to fail; false when faults are not allowed or there is no such kind. */
export function orderFault(thread: string, kind: string): boolean {
  const known = kinds.find((name) => name === kind);
  if (!faultsAllowed() || known === undefined) return false;
  const channel = new BroadcastChannel(channelName);
  channel.postMessage({ thread, kind: known } satisfies Order);
  channel.close();
  return true;
}
