/**
 * Accepted messages that a channel has to find in the queue itself: those of an earlier run, those whose hint was
 * lost, those for which there was no room. Reads them in lots, in order, and opens what belongs to the channel.
 */
import type { Channel } from '../../protocol/mail.js';
import type { Routing } from '../../protocol/routing.js';
import type { MessageHead, MessageId, RecipientRow } from '../../store/queue-store.js';
import { isUnanswered, type Peers } from '../kernel/actor.js';
import { type Clock, secondsOf } from '../kernel/clock.js';
import type { NumberMap } from '../kernel/number-map.js';
import type { Intake } from './intake.js';
import type { Job } from './job.js';
import { preprocessLarge } from './preprocess.js';

const channels = ['local', 'remote'] as const;
/** Messages read at once when a channel is behind. */
const readAtOnce = 100;
/** Milliseconds until the queue is asked again when it could not do what was asked. */
const askAgainMs = 1_000;
/** Messages with more recipients are preprocessed (kept routed) before their first delivery. */
const mostInMemory = 1_000;

export interface StoredMailParts {
  readonly peers: Peers<'send'>;
  readonly clock: Clock;
  readonly intake: Readonly<Record<Channel, Intake>>;
  readonly jobs: NumberMap<Job>;
  routing(): Routing;
  announce(head: MessageHead): void;
  /** The channel may open another message. */
  hasRoom(channel: Channel): boolean;
  jobOf(head: MessageHead, recipients: readonly string[]): Job;
  /** Begins what waits on the channel. */
  openFresh(job: Job, channel: Channel): void;
  /** The channel's schedule has a new entry. */
  scheduled(channel: Channel, due: number): void;
  /** The channel is to be looked at again. */
  room(channel: Channel): void;
}

export class StoredMail {
  readonly #parts: StoredMailParts;
  readonly #large = new Set<MessageId>();

  constructor(parts: StoredMailParts) {
    this.#parts = parts;
  }

  /** Takes messages from the queue for a channel that is behind. */
  async read(channel: Channel): Promise<void> {
    const intake = this.#parts.intake[channel];
    const { heard, cursor } = intake;
    let taken = 0;
    intake.reading = true;
    const heads = await this.#parts.peers.queue.ask('todo', { after: cursor, limit: readAtOnce });
    if (!isUnanswered(heads)) {
      for (const head of heads) {
        if (!this.#parts.hasRoom(channel)) break;
        if (!(await this.#takeStored(channel, head))) break;
        intake.passed(head.id);
        taken += 1;
      }
      if (heads.length === 0) intake.caughtUp(Math.max(heard, cursor));
    }
    intake.reading = false;
    // The queue could not answer, or not keep a message's routing: it needs time, not the same question again.
    const stuck = isUnanswered(heads) || (taken === 0 && heads.length > 0 && this.#parts.hasRoom(channel));
    if (stuck) this.#parts.clock.after(askAgainMs, () => this.#parts.room(channel));
    // Sockets have their turn between two looks: a long backlog must not keep new mail out.
    else setImmediate(() => this.#parts.room(channel));
  }

  async #takeStored(channel: Channel, head: MessageHead): Promise<boolean> {
    this.#parts.announce(head);
    const job = this.#parts.jobs.get(head.id);
    if (job !== undefined) this.#parts.openFresh(job, channel);
    else if (head.recipientCount > mostInMemory) return this.#takeLarge(head);
    else return this.#takeSmall(channel, head);
    return true;
  }

  async #takeSmall(channel: Channel, head: MessageHead): Promise<boolean> {
    const { id, recipientCount } = head;
    const stored = await this.#parts.peers.queue.ask('recipients', { id, from: 0, limit: mostInMemory });
    if (isUnanswered(stored)) return false;
    // Ended, preprocessed or found damaged since the list was read: the schedule has it, or it stays as it is.
    if (stored.length < recipientCount || stored.some((row) => row.routed !== undefined)) return true;
    if (recipientCount === 0 && (await this.#parts.peers.queue.ask('head', id)) === undefined) return true;
    const known = this.#parts.jobs.get(id);
    if (known === undefined && this.#isOthers(channel, id, stored)) return true;
    const addresses = stored.map((row) => row.address);
    const job = known ?? this.#parts.jobOf(head, addresses);
    if (known === undefined) {
      for (const row of stored) if (row.done) job.wasDone(row.index);
      // After a reload a recipient may belong to the other channel, which has been here before.
      for (const other of channels) if (this.#parts.intake[other].cursor >= id) this.#parts.openFresh(job, other);
    }
    this.#parts.openFresh(job, channel);
    return true;
  }

  /** Nothing to do for this channel, nor for one that has been here before: most messages of a backlog. */
  #isOthers(channel: Channel, id: MessageId, stored: readonly RecipientRow[]): boolean {
    const here = (other: Channel): boolean => other === channel || this.#parts.intake[other].cursor >= id;
    const undone = stored.filter((row) => !row.done);
    return undone.length > 0 && !undone.some((row) => here(this.#parts.routing().route(row.address).channel));
  }

  async #takeLarge(head: MessageHead): Promise<boolean> {
    if (this.#large.has(head.id)) return true;
    this.#large.add(head.id);
    const due = await preprocessLarge(this.#parts.peers, head, this.#parts.routing(), secondsOf(this.#parts.clock));
    this.#large.delete(head.id);
    if (due === undefined) return false;
    for (const channel of channels) if (due[channel] !== undefined) this.#parts.scheduled(channel, due[channel]);
    return true;
  }
}
