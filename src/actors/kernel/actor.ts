/**
 * What an actor is: a table of handlers, one a message of its inbox, and typed peers.
 * Types only. A forgotten handler, a peer that is no edge, a tell on an ask and a wrong payload
 * do not compile.
 */
import type { Settings } from '../../protocol/settings.js';
import type { ActorName, Ask, Inboxes, sends, Tell } from '../messages.js';
import type { Clock } from './clock.js';
import type { NextQp } from './qp.js';

export type MessageName<A extends ActorName> = keyof Inboxes[A] & string;
export type TellName<A extends ActorName> = {
  [M in MessageName<A>]: Inboxes[A][M] extends Tell<unknown> ? M : never;
}[MessageName<A>];
export type AskName<A extends ActorName> = Exclude<MessageName<A>, TellName<A>>;
export type Payload<A extends ActorName, M extends MessageName<A>> =
  Inboxes[A][M] extends Tell<infer P> ? P : Inboxes[A][M] extends Ask<infer P, infer _R> ? P : never;
export type Answer<A extends ActorName, M extends AskName<A>> = Inboxes[A][M] extends Ask<infer _P, infer R> ? R : never;

/** The one answer of an ask that its receiver did not give. Never an error: the caller defers. */
export interface Unanswered {
  readonly tag: 'unanswered';
  /** deadline: no answer in time. full: the mailbox refused it. gone: the receiver's thread ended. stopping: shutdown. */
  readonly why: 'deadline' | 'full' | 'gone' | 'stopping';
}

export function isUnanswered(value: unknown): value is Unanswered {
  return typeof value === 'object' && value !== null && (value as { tag?: unknown }).tag === 'unanswered';
}

export interface Peer<A extends ActorName> {
  /** False when the mailbox is full and the message was dropped. */
  tell<M extends TellName<A>>(message: M, payload: Payload<A, M>): boolean;
  /** Settles exactly once; never rejects. */
  ask<M extends AskName<A>>(message: M, payload: Payload<A, M>): Promise<Answer<A, M> | Unanswered>;
}

export type PeerName<A extends ActorName> = (typeof sends)[A][number];
export type Peers<A extends ActorName> = { readonly [P in PeerName<A>]: Peer<P> };

export type Handlers<A extends ActorName> = {
  readonly [M in MessageName<A>]: Inboxes[A][M] extends Tell<infer P>
    ? (payload: P) => void
    : Inboxes[A][M] extends Ask<infer P, infer R>
      ? (payload: P) => R | Promise<R>
      : never;
};

/** Numbers that `status` shows, read without asking twice; names are dotted (`send.slots.remote`). */
export type Counters = Readonly<Record<string, number | string>>;

export interface Actor<A extends ActorName> {
  readonly handlers: Handlers<A>;
  /** Called once all actors of the node can be reached. */
  start?(): void | Promise<void>;
  /** Takes the new settings; called for all actors or, when a file is bad, for none. */
  reload?(settings: Settings): void;
  /** Finishes what is under way and begins nothing new; resolves when idle. */
  drain?(): Promise<void>;
  /** Gives up what is left; nothing accepted may be lost by it. */
  stop?(): void | Promise<void>;
  counters?(): Counters;
}

export interface ActorContext<A extends ActorName> {
  readonly peers: Peers<A>;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly nextQp: NextQp;
  /** Absolute path of the queue folder; bodies that are files are below it. */
  readonly queueDir: string;
  /** Reports a failure after which this process must not go on (a failed commit). */
  fatal(reason: string): void;
}
