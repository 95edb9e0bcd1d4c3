/**
 * One thread's share of the actor system: the actors that live here, the links to the threads where
 * the others live, and the typed ports between them. The same code runs a whole node in one thread
 * (tests) and every thread of a large one. It starts no threads itself.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ActorName } from '../messages.js';
import { sends } from '../messages.js';
import { type EdgeName, type EdgeRule, edgeRules } from '../topology.js';
import type { Actor, Counters, Peer, Peers } from './actor.js';
import type { Cancel, Clock } from './clock.js';
import { Link, type LinkTarget } from './link.js';
import { PendingAsks, unanswered } from './pending.js';
import { RunQueue } from './run-queue.js';

type AnyHandlers = Readonly<Record<string, (payload: unknown) => unknown>>;
type AnyActor = Actor<ActorName>;
interface Delivery {
  readonly actor: ActorName;
  readonly message: string;
  readonly payload: unknown;
  readonly settle: ((value: unknown) => void) | undefined;
}

/** How often deadlines are looked at. */
const sweepMs = 250;

/** One edge as its sender sees it. */
class Port {
  readonly pending: PendingAsks;
  readonly #rule: EdgeRule;
  readonly #edge: EdgeName;
  readonly #to: ActorName;
  readonly #thread: Thread;
  #tells = 0;
  dropped = 0;

  constructor(thread: Thread, edge: EdgeName, to: ActorName) {
    this.#thread = thread;
    this.#edge = edge;
    this.#to = to;
    this.#rule = edgeRules[edge];
    this.pending = new PendingAsks(this.#rule.capacity);
  }

  readonly tell = (message: string, payload: unknown): boolean => {
    const link = this.#thread.linkTo(this.#to);
    if (link !== undefined) {
      if (link.open) link.send(0, this.#edge, message, 0, payload);
      else this.dropped += 1;
      return link.open;
    }
    if (!this.#thread.hosts(this.#to) || this.#tells >= this.#rule.capacity) {
      this.dropped += 1;
      return false;
    }
    this.#tells += 1;
    this.#thread.enqueue(this.#to, message, payload, this.#told);
    return true;
  };

  readonly #told = (): void => {
    this.#tells -= 1;
  };

  readonly ask = (message: string, payload: unknown): Promise<unknown> =>
    new Promise((resolve) => {
      const thread = this.#thread;
      const link = thread.linkTo(this.#to);
      if (link === undefined && !thread.hosts(this.#to)) return resolve(unanswered('gone'));
      const ask = link?.open === false ? 0 : this.pending.add(thread.clock.ran() + this.#rule.deadlineMs, resolve);
      if (ask === 0) return resolve(unanswered('full'));
      if (link !== undefined) link.send(1, this.#edge, message, ask, payload);
      else thread.enqueue(this.#to, message, payload, (value) => this.pending.settle(ask, value));
    });
}

export class Thread implements LinkTarget {
  readonly clock: Clock;
  readonly #actors = new Map<ActorName, AnyActor>();
  readonly #links = new Map<ActorName, Link>();
  /** All links, also those over which this thread is only written to. */
  readonly #open = new Set<Link>();
  readonly #ports = new Map<string, Port>();
  readonly #queue = new RunQueue<Delivery>((delivery) => this.#handle(delivery));
  readonly #bug: (actor: ActorName, error: unknown) => void;
  readonly #cancelSweep: Cancel;

  /** `bug` is called when a handler throws: the thread must not go on. */
  constructor(clock: Clock, bug: (actor: ActorName, error: unknown) => void) {
    this.clock = clock;
    this.#bug = bug;
    this.#cancelSweep = clock.every(sweepMs, () => {
      const now = clock.ran();
      for (const port of this.#ports.values()) port.pending.expire(now);
    });
  }

  /** The ports of an actor, as its edges in `sends` say. */
  peersOf<A extends ActorName>(from: A): Peers<A> {
    const peers: Record<string, Peer<ActorName>> = {};
    for (const to of sends[from] as readonly ActorName[]) {
      const edge = `${from}>${to}` as EdgeName;
      const port = this.#ports.get(edge) ?? new Port(this, edge, to);
      this.#ports.set(edge, port);
      // The one place where the edge's types are left: Peers<A> restores them for every caller.
      peers[to] = port as unknown as Peer<ActorName>;
    }
    return peers as unknown as Peers<A>;
  }

  add<A extends ActorName>(name: A, actor: Actor<A>): void {
    this.#actors.set(name, actor as unknown as AnyActor);
  }

  /** Names reached over `port` from now on; replaces an earlier link to them. */
  connect(port: MessagePort, names: readonly ActorName[]): Link {
    const link = new Link(port, this);
    this.#open.add(link);
    for (const name of names) this.#links.set(name, link);
    return link;
  }

  hosts(name: ActorName): boolean {
    return this.#actors.has(name);
  }

  linkTo(name: ActorName): Link | undefined {
    return this.#links.get(name);
  }

  enqueue(actor: ActorName, message: string, payload: unknown, settle: ((value: unknown) => void) | undefined): void {
    this.#queue.push({ actor, message, payload, settle });
  }

  receive(edge: string, message: string, payload: unknown, answer: ((value: unknown) => void) | undefined): void {
    const to = edge.slice(edge.indexOf('>') + 1) as ActorName;
    if (this.#actors.has(to)) this.enqueue(to, message, payload, answer);
    else answer?.(unanswered('gone'));
  }

  answered(edge: string, ask: number, value: unknown): void {
    this.#ports.get(edge)?.pending.settle(ask, value);
  }

  closed(link: Link): void {
    this.#open.delete(link);
    for (const [name, at] of [...this.#links]) {
      if (at !== link) continue;
      this.#links.delete(name);
      for (const [edge, port] of this.#ports) if (edge.endsWith(`>${name}`)) port.pending.settleAll('gone');
    }
  }

  #handle(delivery: Delivery): void {
    const actor = this.#actors.get(delivery.actor);
    const handler = (actor?.handlers as AnyHandlers | undefined)?.[delivery.message];
    if (handler === undefined) return void delivery.settle?.(unanswered('gone'));
    try {
      const result = handler(delivery.payload);
      if (result instanceof Promise) {
        result.then(delivery.settle, (error: unknown) => this.#bug(delivery.actor, error));
      } else delivery.settle?.(result);
    } catch (error) {
      this.#bug(delivery.actor, error);
    }
  }

  actors(): IterableIterator<[ActorName, AnyActor]> {
    return this.#actors.entries();
  }

  counters(): Counters {
    const all: Record<string, number | string> = {};
    for (const [, actor] of this.#actors) Object.assign(all, actor.counters?.());
    for (const [edge, port] of this.#ports) {
      if (port.pending.size > 0) all[`edge.${edge}.waiting`] = port.pending.size;
      if (port.dropped > 0) all[`edge.${edge}.dropped`] = port.dropped;
    }
    return all;
  }

  /** Posts what the links have collected. */
  flush(): void {
    for (const link of this.#open) link.flush();
  }

  /** Answers what still waits and closes the links. */
  stop(): void {
    this.#cancelSweep();
    for (const port of this.#ports.values()) port.pending.settleAll('stopping');
    for (const link of [...this.#open]) link.close();
  }
}
