/**
 * The entry of a worker thread of the node (front or core): opens what its actors need, puts them together,
 * and obeys the control plane. Pool threads have entries of their own.
 */
import { join } from 'node:path';
import { type MessagePort, workerData } from 'node:worker_threads';
import type { ListenerSetting, Settings } from '../protocol/settings.js';
import { openLmdbQueue } from '../store/lmdb/open.js';
import type { QueueStore } from '../store/queue-store.js';
import { Host } from './host.js';
import type { Counters } from './kernel/actor.js';
import { Board } from './kernel/board.js';
import { systemClock } from './kernel/clock.js';
import { offerControl } from './kernel/control.js';
import { obeyFaults } from './kernel/fault.js';
import { ActivityLog } from './kernel/log.js';
import { beat } from './kernel/pulse.js';
import { qpCounter } from './kernel/qp.js';
import type { ActorName } from './messages.js';
import { HouseCounts } from './net/house-counts.js';
import type { Order, OrderCounts, QueuedPart, QueuePage } from './node-api.js';
import { LocalPool } from './spawn/local-pool.js';
import { RemotePool } from './spawn/remote-pool.js';
import type { PlacedActor } from './topology.js';

/** What a thread is started with; plain data. */
export interface ThreadData {
  /** `core` or `front N`. */
  readonly name: string;
  readonly actors: readonly PlacedActor[];
  readonly home: string;
  readonly uid: number;
  readonly settings: Settings;
  readonly board: SharedArrayBuffer;
  readonly pulse: SharedArrayBuffer;
  readonly qp: { readonly start: number; readonly drawer: number; readonly drawers: number };
  readonly listeners: readonly { readonly setting: ListenerSetting; readonly fd: number }[];
  readonly descriptors: number;
  /** Counts of all front threads, and the number of this one among them. */
  readonly house: { readonly shared: SharedArrayBuffer; readonly thread: number };
  readonly remoteThreads: number;
  readonly localThreads: number;
  readonly servesQueueSocket: boolean;
  readonly lspawndSocket?: string;
}

/** What the main thread may ask of every other thread. */
export interface ThreadControl {
  /** Links this thread to the one at the other end of `port`, where `names` live. */
  connect(port: MessagePort, names: readonly ActorName[]): void;
  start(): Promise<void>;
  reload(settings: Settings): void;
  drain(): Promise<void>;
  stop(): Promise<void>;
  counters(): Counters;
  allDue(): Promise<void>;
  flush(names: readonly string[]): Promise<number | undefined>;
  order(what: Order, ids: readonly number[]): Promise<OrderCounts>;
  pause(paused: boolean): void;
  queuePage(after: number, limit: number): QueuePage;
  queuedParts(after: number, from: number): readonly QueuedPart[];
}

const { control: port, ...data } = workerData as ThreadData & { readonly control: MessagePort };
let { settings } = data;

async function makeHost(): Promise<Host> {
  const queueDir = join(data.home, 'queue');
  const { shared, thread } = data.house;
  if (data.listeners.length > 0) HouseCounts.clear(shared, thread);
  const parts = {
    actors: data.actors,
    settings: data.settings,
    clock: systemClock,
    board: new Board(data.board),
    nextQp: qpCounter(data.qp.start, data.qp.drawer, data.qp.drawers),
    queueDir,
    fatal,
    listeners: data.listeners.map(({ setting, fd }, index) => ({
      setting,
      at: { fd },
      counts: new HouseCounts(shared, thread, index),
    })),
    descriptors: data.descriptors,
    ...(data.lspawndSocket === undefined ? {} : { lspawndSocket: data.lspawndSocket }),
    ...(data.servesQueueSocket ? { queueSocket: join(data.home, 'run', 'queue.sock') } : {}),
  };
  if (!data.actors.includes('queue')) return new Host(parts);
  const { queuebytes, queuereserve } = data.settings;
  const store = await openLmdbQueue({ dir: queueDir, create: true, queuebytes, queuereserve });
  return new Host({ ...parts, store, ...pools(store) });
}

function pools(store: QueueStore): { remoteSlots: RemotePool; localSlots: LocalPool } {
  const { home, uid, lspawndSocket } = data;
  const local = { home, nonce: store.nonce, uid, ...(lspawndSocket === undefined ? {} : { lspawndSocket }) };
  return {
    remoteSlots: new RemotePool(data.remoteThreads, settings, systemClock, died('remote')),
    localSlots: new LocalPool(data.localThreads, settings, systemClock, local, died('local')),
  };
}

/** A pool thread that ended: piscina starts another, the deliveries that ran there are deferred. */
function died(pool: string): (reason: string) => void {
  return (reason) =>
    void host.then((made) => {
      new ActivityLog(made.splogger, settings).warning(`a thread of the ${pool} pool ended and is started again: ${reason}`);
    });
}

let failing = false;
/** The answers of this tick still go out, then the thread ends with the reason; the process follows. */
function fatal(reason: string): void {
  if (failing) return;
  failing = true;
  setTimeout(() => {
    throw new Error(reason);
  }, 20);
}

const host = makeHost();
// Whoever asks for it sees the failure; without anyone asking it must not look like a crash of its own.
host.catch(() => undefined);

const control: ThreadControl = {
  async connect(link, names) {
    (await host).connect(link, names);
  },
  async start() {
    await (await host).start();
  },
  async reload(changed) {
    settings = changed;
    (await host).reload(changed);
  },
  async drain() {
    await (await host).drain();
  },
  async stop() {
    const made = await host;
    await made.stop();
    setImmediate(() => made.end());
  },
  async counters() {
    return (await host).counters();
  },
  async allDue() {
    await (await host).allDue();
  },
  async flush(names) {
    return (await host).flush(names);
  },
  async order(what, ids) {
    return (await host).order(what, ids);
  },
  async pause(paused) {
    (await host).pause(paused);
  },
  async queuePage(after, limit) {
    return (await host).queuePage(after, limit);
  },
  async queuedParts(after, from) {
    return (await host).queuedParts(after, from);
  },
} satisfies {
  [K in keyof ThreadControl]: (...values: Parameters<ThreadControl[K]>) => Promise<Awaited<ReturnType<ThreadControl[K]>>>;
} as unknown as ThreadControl;

beat(data.pulse);
obeyFaults(data.name);
offerControl(control, port);
