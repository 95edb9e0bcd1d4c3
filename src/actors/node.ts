/**
 * The node: starts the threads that the placement names, links them, supervises them, and is the handle that
 * commands hold. Runs in the process's main thread together with splogger. It does no mail work.
 */
import type { Settings, SettingsProblem } from '../protocol/settings.js';
import { readSettings } from '../store/control-dir.js';
import { cores } from './cores.js';
import { Host } from './host.js';
import { InheritedSockets } from './inherited-sockets.js';
import type { Counters } from './kernel/actor.js';
import { Board } from './kernel/board.js';
import { systemClock } from './kernel/clock.js';
import { deadline } from './kernel/control.js';
import { descriptorLimit } from './kernel/descriptors.js';
import { ActivityLog } from './kernel/log.js';
import { watchPulses } from './kernel/pulse.js';
import { qpCounter } from './kernel/qp.js';
import { houseMemory } from './net/house-counts.js';
import type { NodeOptions, NodeReport, Order, OrderCounts, QueuedPart, QueuePage, RunningNode } from './node-api.js';
import { logDestination } from './splogger/destination.js';
import { type StartedThread, startThread } from './started-thread.js';
import type { ThreadData } from './thread-main.js';
import { type Group, type PlacedActor, type Placement, placement, reached } from './topology.js';

const startMs = 60_000;
const askMs = 10_000;
/** Extra time that a stop gets for closing the store, beyond the grace of sessions and deliveries. */
const closeMs = 5_000;
const stdout = 1;

class Node implements RunningNode {
  readonly failed: Promise<string>;
  #fail: (reason: string) => void = () => undefined;
  readonly #options: NodeOptions;
  readonly #placement: Placement;
  readonly #board = new Board();
  readonly #house: SharedArrayBuffer;
  readonly #main: Host;
  readonly #log: ActivityLog;
  readonly #fronts: (StartedThread | undefined)[] = [];
  readonly #frontFailures: number[][] = [];
  readonly #sockets: InheritedSockets;
  #core: StartedThread | undefined;
  #settings: Settings;
  #restarts = 0;
  #stopping = false;
  readonly #started = Date.now();
  #endWatch: (() => void) | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#settings = this.#withDefaultDelivery(options.settings);
    this.#sockets = new InheritedSockets(options.listenerFds);
    this.#placement = placement(this.#settings, cores());
    this.#house = houseMemory(this.#placement.fronts);
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#main = new Host({
      actors: this.#actorsOf('main'),
      settings: this.#settings,
      clock: systemClock,
      board: this.#board,
      nextQp: qpCounter(process.pid, this.#placement.fronts + 1, this.#drawers),
      queueDir: '',
      fatal: (reason) => this.#fail(reason),
      log: logDestination(stdout),
    });
    this.#log = new ActivityLog(this.#main.splogger, options.settings);
  }

  #withDefaultDelivery(settings: Settings): Settings {
    const { defaultDelivery } = this.#options;
    return defaultDelivery === undefined ? settings : { ...settings, defaultdelivery: defaultDelivery };
  }

  get #drawers(): number {
    return this.#placement.fronts + 2;
  }

  #actorsOf(group: Group): PlacedActor[] {
    const all = Object.entries(this.#placement.groups) as [PlacedActor, Group][];
    return all.filter(([, at]) => at === group).map(([name]) => name);
  }

  async start(): Promise<void> {
    await this.#main.start();
    this.#core = await this.#startCore();
    for (let front = 0; front < this.#placement.fronts; front += 1) await this.#startFront(front, this.#firstSet());
    await this.#core.control.within(startMs).start();
    for (const front of this.#fronts) await front?.control.within(startMs).start();
    this.#endWatch = watchPulses(
      () => this.#threads,
      (thread) => this.#stalled(thread),
    );
  }

  /** `set`: which descriptors of the listeners it listens on; undefined for a thread that does not. */
  #data(name: string, group: Group, drawer: number, set: number | undefined): Omit<ThreadData, 'pulse'> {
    const { home, uid, listenerFds, lspawndSocket } = this.#options;
    const listeners = listenerFds.flatMap((listener) => {
      const setting = {
        protocol: listener.protocol,
        address: listener.address,
        port: listener.port,
        options: this.#optionsOf(listener),
      };
      const fd = set === undefined ? undefined : listener.fds[set];
      return fd !== undefined ? [{ setting, fd }] : [];
    });
    return {
      name,
      actors: this.#actorsOf(group),
      home,
      uid,
      ...(lspawndSocket === undefined ? {} : { lspawndSocket }),
      settings: this.#settings,
      board: this.#board.shared,
      qp: { start: process.pid, drawer, drawers: this.#drawers },
      listeners,
      descriptors: Math.floor(Math.min(descriptorLimit() / 2, 10_000)),
      house: { shared: this.#house, thread: group === 'front' ? drawer : 0 },
      remoteThreads: this.#placement.remoteThreads,
      localThreads: this.#placement.localThreads,
      servesQueueSocket: this.#placement.groups.inject === group && drawer === (group === 'core' ? this.#placement.fronts : 0),
    };
  }

  /** Options stand in control/listeners; the descriptors came without them. */
  #optionsOf({ protocol, address, port }: { protocol: string; address: string; port: number }): Readonly<Record<string, string>> {
    const same = this.#settings.listeners.filter((setting) => setting.protocol === protocol && setting.address === address);
    return (same.find((setting) => setting.port === port) ?? same.find((setting) => setting.port === 0))?.options ?? {};
  }

  #firstSet(): number {
    const set = this.#sockets.take();
    if (set === undefined) throw new Error('fewer inherited sockets than threads that listen');
    return set;
  }

  #linkToMain(thread: StartedThread): Promise<void> {
    return thread.link(this.#main, [], ['splogger']);
  }

  async #startCore(): Promise<StartedThread> {
    const set = this.#placement.groups.smtpd === 'core' ? this.#firstSet() : undefined;
    const data = this.#data('core', 'core', this.#placement.fronts, set);
    const core = startThread(data, (reason) => this.#coreEnded(reason));
    await this.#linkToMain(core);
    return core;
  }

  /** The store's thread is never started again in this process: what it had not flushed is read anew by the next. */
  #coreEnded(reason: string): void {
    if (!this.#stopping) this.#fail(`core thread ended: ${reason}`);
  }

  async #startFront(front: number, set: number): Promise<void> {
    const core = this.#core;
    if (core === undefined || this.#stopping) return;
    const thread = startThread(this.#data(`front ${front}`, 'front', front, set), (reason) => this.#frontEnded(front, reason));
    this.#fronts[front] = thread;
    await this.#linkToMain(thread);
    await thread.linkThread(core, reached(this.#placement, 'front', 'core'), []);
  }

  #frontEnded(front: number, reason: string): void {
    this.#fronts[front] = undefined;
    if (this.#stopping) return;
    const failures = this.#frontFailures[front] ?? [];
    failures.push(performance.now());
    this.#frontFailures[front] = failures.slice(-10);
    const next = this.#sockets.afterEnd(failures);
    if (next.tag === 'end') {
      this.#fail(`front thread ${front} ${next.why}: ${reason}`);
      return;
    }
    this.#log.warning(`front thread ${front} ended (${reason}); starting it again in ${next.afterMs} ms`);
    this.#restarts += 1;
    setTimeout(() => void this.#restartFront(front, next.set), next.afterMs);
  }

  async #restartFront(front: number, set: number): Promise<void> {
    try {
      await this.#startFront(front, set);
      await this.#fronts[front]?.control.within(startMs).start();
    } catch (error) {
      if (!this.#stopping) this.#fail(`front thread ${front} cannot be started: ${String(error)}`);
    }
  }

  get #threads(): StartedThread[] {
    return [...this.#fronts, this.#core].filter((thread) => thread !== undefined);
  }

  /** A thread that stands still is replaced; the store's thread cannot be, so the process ends. */
  #stalled(thread: StartedThread): void {
    if (this.#stopping) return;
    if (thread === this.#core) this.#fail('core thread stands still');
    else {
      this.#log.warning(`${thread.name} thread stands still and is ended`);
      void thread.terminate();
    }
  }

  async status(): Promise<NodeReport> {
    const counters: Record<string, number | string> = { ...this.#main.counters() };
    for (const thread of this.#threads) {
      // Of a thread that ends meanwhile nothing is told.
      const counted = await thread.control
        .within(askMs)
        .counters()
        .catch((): Counters => ({}));
      for (const [name, value] of Object.entries(counted)) {
        const known = counters[name];
        counters[name] = typeof known === 'number' && typeof value === 'number' ? known + value : value;
      }
    }
    return {
      uptimeSeconds: Math.floor((Date.now() - this.#started) / 1000),
      topology: this.#settings.topology,
      threads: {
        front: this.#fronts.length,
        core: 1,
        remote: this.#placement.remoteThreads,
        local: this.#placement.localThreads,
        restarts: this.#restarts + numberIn(counters, 'rspawn.restarts') + numberIn(counters, 'lspawn.restarts'),
      },
      paused: this.#board.get('paused'),
      draining: this.#board.get('draining'),
      full: this.#board.get('full'),
      memory: process.memoryUsage.rss(),
      counters,
    };
  }

  async reload(): Promise<{ readonly problems: readonly SettingsProblem[] }> {
    const read = await readSettings(this.#options.home);
    if ('problems' in read) return { problems: read.problems };
    this.#settings = this.#withDefaultDelivery(read.settings);
    this.#main.reload(this.#settings);
    this.#log.reload(this.#settings);
    for (const thread of this.#threads) await thread.control.within(askMs).reload(this.#settings);
    return { problems: [] };
  }

  async allDue(): Promise<void> {
    await this.#core?.control.within(startMs).allDue();
  }

  async flush(names: readonly string[]): Promise<number | undefined> {
    return this.#core?.control.within(startMs).flush(names);
  }

  async order(what: Order, ids: readonly number[]): Promise<OrderCounts> {
    if (this.#core === undefined) throw new Error('the core thread is not there now');
    return this.#core.control.within(startMs).order(what, ids);
  }

  pause(): Promise<void> {
    return this.#setPaused(true);
  }

  cont(): Promise<void> {
    return this.#setPaused(false);
  }

  async #setPaused(paused: boolean): Promise<void> {
    this.#board.set('paused', paused);
    await this.#core?.control.within(askMs).pause(paused);
  }

  async queuePage(after: number, limit: number): Promise<QueuePage> {
    if (this.#core === undefined) return { messages: [], total: 0, todo: 0, next: undefined };
    return this.#core.control.within(askMs).queuePage(after, limit);
  }

  async queuedParts(after: number, from: number): Promise<readonly QueuedPart[]> {
    return (await this.#core?.control.within(askMs).queuedParts(after, from)) ?? [];
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#endWatch?.();
    this.#board.set('draining', true);
    await Promise.all(
      this.#threads.map((thread) => deadline(thread.control.within(graceMs).drain(), graceMs, 'drain').catch(() => undefined)),
    );
    for (const thread of this.#threads) {
      await thread.control.within(closeMs).stop();
      thread.release();
    }
    this.#log.flush();
    await new Promise((resolve) => setImmediate(resolve));
    await this.#main.stop();
  }
}

function numberIn(counters: Readonly<Record<string, number | string>>, name: string): number {
  const value = counters[name];
  return typeof value === 'number' ? value : 0;
}

/** Rejects when a thread cannot start (the queue cannot be opened, a descriptor is no listener …). */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const node = new Node(options);
  await Promise.race([
    node.start(),
    node.failed.then((reason) => {
      throw new Error(reason);
    }),
  ]);
  return node;
}
