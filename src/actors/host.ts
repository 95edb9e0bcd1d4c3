/**
 * The actors of one thread, put together: which of them live here follows from the placement. The same code
 * makes every thread of a node, and a whole node in one thread. It starts no threads itself.
 */
import { dirname } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import type { Settings } from '../protocol/settings.js';
import { spillLimit } from '../store/body-file.js';
import type { QueueStore } from '../store/queue-store.js';
import { createClean } from './clean/actor.js';
import { createInject } from './inject/actor.js';
import type { Actor, ActorContext, Counters, Peers } from './kernel/actor.js';
import type { Board } from './kernel/board.js';
import type { Clock } from './kernel/clock.js';
import type { NextQp } from './kernel/qp.js';
import { Thread } from './kernel/thread.js';
import { createLspawn } from './lspawn/actor.js';
import type { ActorName } from './messages.js';
import { BodyBuffers } from './net/body-buffers.js';
import type { PlacedListener } from './net/open-listeners.js';
import type { PackageServerOptions } from './net/package-server.js';
import type { Order, OrderCounts, QueuedPart, QueuePage } from './node-api.js';
import { createPop3d, type Pop3d, type Pop3dOptions } from './pop3d/actor.js';
import { createQmqpd, type Qmqpd } from './qmqpd/actor.js';
import { createQmtpd, type Qmtpd } from './qmtpd/actor.js';
import { createQueue } from './queue/actor.js';
import { queuedParts, queuePage } from './queue/page.js';
import { createRspawn } from './rspawn/actor.js';
import { createSend, type Send } from './send/actor.js';
import { createSmtpd, type Smtpd } from './smtpd/actor.js';
import type { LocalSlots } from './spawn/local-slots.js';
import type { RemoteSlots } from './spawn/remote-slots.js';
import { createSplogger } from './splogger/actor.js';
import type { LogDestination } from './splogger/destination.js';
import type { PlacedActor } from './topology.js';

/** What the actors of a thread are made of; each part is needed only where its actor lives. */
export interface HostParts {
  readonly actors: readonly PlacedActor[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly board: Board;
  readonly nextQp: NextQp;
  readonly queueDir: string;
  /** A failure after which the process must not go on. */
  readonly fatal: (reason: string) => void;
  readonly log?: LogDestination;
  readonly store?: QueueStore;
  readonly remoteSlots?: RemoteSlots;
  readonly localSlots?: LocalSlots;
  readonly listeners?: readonly PlacedListener[];
  readonly descriptors?: number;
  /** Path of run/queue.sock; absent: no hand-over here. */
  readonly queueSocket?: string;
  /** Path of run/lspawnd.sock; absent: without root. */
  readonly lspawndSocket?: string;
}

/** Who stops first: those who bring mail in, then those who deliver, then who decides, the store last. */
const stopOrder: readonly PlacedActor[] = [
  'smtpd',
  'qmtpd',
  'qmqpd',
  'pop3d',
  'inject',
  'rspawn',
  'lspawn',
  'send',
  'clean',
  'queue',
  'splogger',
];

function needed<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`a thread needs ${name} for its actors`);
  return part;
}

export class Host {
  readonly #parts: HostParts;
  readonly #thread: Thread;
  readonly #actors = new Map<PlacedActor, Actor<ActorName>>();
  /** A body is copied out of them when the queue lives in this thread. */
  readonly #buffers: BodyBuffers;
  #send: Send | undefined;
  readonly #servers: (Smtpd | Qmtpd | Qmqpd | Pop3d)[] = [];

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#buffers = new BodyBuffers(parts.actors.includes('queue'));
    this.#thread = new Thread(parts.clock, (actor, error) => {
      // Thrown outside of any handler: the thread ends, its supervisor acts.
      setImmediate(() => {
        throw new Error(`${actor}: ${error instanceof Error ? error.stack : String(error)}`);
      });
    });
    for (const name of parts.actors) this.#add(name);
  }

  #context<A extends ActorName>(name: A): ActorContext<A> {
    const { clock, settings, nextQp, queueDir, fatal } = this.#parts;
    return { peers: this.#thread.peersOf(name), clock, settings, nextQp, queueDir, fatal };
  }

  #add(name: PlacedActor): void {
    const actor = this.#make(name) as unknown as Actor<ActorName>;
    this.#actors.set(name, actor);
    this.#thread.add(name, actor);
  }

  #make(name: PlacedActor): object {
    const { store, log, board } = this.#parts;
    switch (name) {
      case 'splogger':
        return createSplogger(this.#context('splogger'), needed(log, 'a log destination'));
      case 'queue':
        return createQueue(this.#context('queue'), needed(store, 'a store'), board);
      case 'send':
        this.#send = this.#makeSend(needed(store, 'a store'));
        return this.#send;
      case 'clean':
        return createClean(this.#context('clean'));
      case 'rspawn':
        return createRspawn(this.#context('rspawn'), needed(this.#parts.remoteSlots, 'remote slots'));
      case 'lspawn':
        return createLspawn(this.#context('lspawn'), needed(this.#parts.localSlots, 'local slots'));
      case 'smtpd':
        return this.#serving(createSmtpd(this.#context('smtpd'), this.#serverOptions('smtp')));
      case 'qmtpd':
        return this.#serving(createQmtpd(this.#context('qmtpd'), this.#serverOptions('qmtp')));
      case 'qmqpd':
        return this.#serving(createQmqpd(this.#context('qmqpd'), this.#serverOptions('qmqp')));
      case 'pop3d':
        return this.#serving(createPop3d(this.#context('pop3d'), this.#pop3Options()));
      case 'inject':
        return createInject(this.#context('inject'), this.#parts.queueSocket, spillLimit);
    }
  }

  #makeSend(store: QueueStore): Send {
    return createSend(this.#context('send'), { firstId: store.firstId, looked: store.looked() });
  }

  #serving<S extends Smtpd | Qmtpd | Qmqpd | Pop3d>(server: S): S {
    this.#servers.push(server);
    return server;
  }

  #pop3Options(): Pop3dOptions {
    const { lspawndSocket } = this.#parts;
    return { ...this.#serverOptions('pop3'), ...(lspawndSocket === undefined ? {} : { lspawndSocket }) };
  }

  #serverOptions(protocol: 'smtp' | 'qmtp' | 'qmqp' | 'pop3'): PackageServerOptions {
    const { queueDir, board, listeners = [], descriptors = 1_000 } = this.#parts;
    return {
      home: dirname(queueDir),
      listeners: listeners.filter(({ setting }) => setting.protocol === protocol),
      board,
      descriptors,
      buffers: this.#buffers,
    };
  }

  /** A way to the log for whoever holds the host; it must be in this thread. */
  get splogger(): Peers<'smtpd'>['splogger'] {
    return this.#thread.peersOf('smtpd').splogger;
  }

  /** The way into the queue for whoever holds the host; queue must be in this thread. */
  get queue(): Peers<'smtpd'>['queue'] {
    return this.#thread.peersOf('smtpd').queue;
  }

  connect(port: MessagePort, names: readonly ActorName[]): void {
    this.#thread.connect(port, names);
  }

  async start(): Promise<void> {
    for (const actor of this.#actors.values()) await actor.start?.();
  }

  reload(settings: Settings): void {
    for (const actor of this.#actors.values()) actor.reload?.(settings);
  }

  async drain(): Promise<void> {
    await Promise.all([...this.#actors.values()].map((actor) => actor.drain?.()));
  }

  async stop(): Promise<void> {
    for (const name of stopOrder) await this.#actors.get(name)?.stop?.();
    this.#thread.flush();
  }

  /** Closes the links; nothing can be said after that. */
  end(): void {
    this.#thread.stop();
  }

  async allDue(): Promise<void> {
    await this.#send?.allDue();
  }

  async flush(names: readonly string[]): Promise<number | undefined> {
    return this.#send?.flush(names);
  }

  order(what: Order, ids: readonly number[]): Promise<OrderCounts> {
    return needed(this.#send, 'send').order(what, ids);
  }

  pause(paused: boolean): void {
    this.#send?.pause(paused);
  }

  counters(): Counters {
    return this.#thread.counters();
  }

  /** Ports in use by the listeners of this thread: SMTP's, QMTP's, QMQP's, POP3's. */
  get ports(): readonly number[] {
    return this.#servers.flatMap(({ ports }) => ports);
  }

  queuedParts(after: number, from: number): readonly QueuedPart[] {
    return queuedParts(needed(this.#parts.store, 'a store'), after, from);
  }

  queuePage(after: number, limit: number): QueuePage {
    return queuePage(needed(this.#parts.store, 'a store'), after, limit);
  }
}
