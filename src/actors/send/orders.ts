/**
 * What an administrator orders for single messages: to remove or bounce them now, to hold them, to try them now. A message of
 * which a delivery is under way is left alone: its recipients may have it already, or may get it in this moment.
 */
import { bounceParagraph } from '../../protocol/bounce/qsbmf.js';
import type { Channel } from '../../protocol/mail.js';
import type { Routing } from '../../protocol/routing.js';
import type { MessageHead, MessageId, RecipientRow } from '../../store/queue-store.js';
import { isUnanswered, type Peers } from '../kernel/actor.js';
import { type Clock, secondsOf } from '../kernel/clock.js';
import type { ActivityLog } from '../kernel/log.js';
import type { NumberMap } from '../kernel/number-map.js';
import type { Order, OrderCounts } from '../node-api.js';
import type { Job, Row } from './job.js';
import { lotSize } from './windows.js';

const channels = ['local', 'remote'] as const;
/** Seconds: further than any lifetime. Whatever makes all mail due ends it. */
const holdSeconds = 10 * 365 * 86_400;

const givenUp = 'The administrator of this server gave this message up. (#5.4.7)\n';
const past: Readonly<Record<Order, string>> = {
  remove: 'removed without a bounce',
  bounce: 'given up',
  hold: 'held',
  retry: 'due now',
};

export interface OrdersParts {
  readonly peers: Peers<'send'>;
  readonly clock: Clock;
  readonly log: ActivityLog;
  readonly jobs: NumberMap<Job>;
  routing(): Routing;
  /** A job for a message that is not in memory; `fresh` only of one that is not preprocessed. */
  freshJob(head: MessageHead, recipients: readonly string[]): Job;
  /** Takes a message off all slots and lists; false, and nothing changed, while a delivery of it is under way. */
  withdraw(job: Job): boolean;
  /** Makes durable what was changed; false: not now, but as soon as the queue can. */
  settle(job: Job): Promise<boolean>;
}

type Result = keyof OrderCounts;

export class Orders {
  readonly #parts: OrdersParts;

  constructor(parts: OrdersParts) {
    this.#parts = parts;
  }

  async order(what: Order, ids: readonly MessageId[]): Promise<OrderCounts> {
    // Together, so that they share their flushes.
    const results = await Promise.all(ids.map((id) => this.#one(what, id)));
    const count = (wanted: Result): number => results.filter((result) => result === wanted).length;
    return { done: count('done'), gone: count('gone'), busy: ids.filter((_, index) => results[index] === 'busy') };
  }

  async #one(what: Order, id: MessageId): Promise<Result> {
    const { peers, jobs, log } = this.#parts;
    const head = await peers.queue.ask('head', id);
    if (isUnanswered(head)) return 'busy';
    if (head === undefined) return 'gone';
    if (what === 'retry') return this.#retry(head);
    const stored = head.preprocessed || jobs.get(id) !== undefined ? [] : await this.#recipients(head);
    if (stored === undefined) return 'busy';
    const job = this.#takeOver(head, stored);
    if (job === undefined) return 'busy';
    const kept = what === 'hold' ? this.#hold(job) : await this.#giveUp(job, what === 'bounce');
    if (!kept) return 'busy';
    log.write({ event: 'info', text: `msg ${id} is ${past[what]}, as ordered` });
    return (await this.#parts.settle(job)) ? 'done' : 'busy';
  }

  async #retry({ id, due = {} }: MessageHead): Promise<Result> {
    const { peers, clock, jobs } = this.#parts;
    // Not preprocessed, or in memory: it has its turn as soon as there is room.
    if (jobs.get(id) !== undefined) return 'done';
    const now = secondsOf(clock);
    for (const channel of channels) {
      if (due[channel] === undefined) continue;
      if ((await peers.queue.ask('reschedule', { id, channel, due: now })) !== true) return 'busy';
    }
    return 'done';
  }

  /** All recipients of a message that nobody has looked at; undefined when there are too many, or it has begun meanwhile. */
  async #recipients({ id, recipientCount }: MessageHead): Promise<readonly RecipientRow[] | undefined> {
    if (recipientCount > lotSize) return undefined;
    const rows = await this.#parts.peers.queue.ask('recipients', { id, from: 0, limit: lotSize });
    if (isUnanswered(rows) || rows.length < recipientCount || rows.some(({ routed }) => routed !== undefined)) return undefined;
    return rows;
  }

  /** From here on nobody else begins anything for the message. */
  #takeOver(head: MessageHead, stored: readonly RecipientRow[]): Job | undefined {
    const { jobs, withdraw, freshJob } = this.#parts;
    const known = jobs.get(head.id);
    if (known !== undefined) {
      const changing = known.saving || known.ended || known.withdrawn || known.over.length > 0;
      if (changing || known.preprocessed !== head.preprocessed || !withdraw(known)) return undefined;
    } else if (!head.preprocessed && stored.length < head.recipientCount) return undefined;
    const job =
      known ??
      freshJob(
        head,
        stored.map(({ address }) => address),
      );
    if (known === undefined) for (const { index, done } of stored) if (done) job.wasDone(index);
    job.withdrawn = true;
    // What failed before has its paragraphs in the queue.
    job.savedBounce = true;
    const used = head.preprocessed ? channels.filter((channel) => head.due?.[channel] !== undefined) : [];
    job.over = used.map((channel) => ({ channel, due: undefined }));
    return job;
  }

  #hold(job: Job): true {
    const due = secondsOf(this.#parts.clock) + holdSeconds;
    const used: readonly Channel[] = job.preprocessed ? job.over.map(({ channel }) => channel) : channels;
    job.over = used.map((channel) => ({ channel, due }));
    job.withdrawn = false;
    return true;
  }

  /** False when the queue does not answer: the message stays, and is due now. */
  async #giveUp(job: Job, tell: boolean): Promise<boolean> {
    job.silent = !tell;
    const told = !tell || (await this.#failRest(job));
    if (told) for (const row of job.fresh) row.state = 'done';
    else {
      const now = secondsOf(this.#parts.clock);
      job.over = job.over.map(({ channel }) => ({ channel, due: now }));
      job.withdrawn = false;
      await this.#parts.settle(job);
    }
    return told;
  }

  /** Writes down every recipient that is left as failed. */
  async #failRest(job: Job): Promise<boolean> {
    const { peers } = this.#parts;
    if (!job.preprocessed) {
      this.#fail(
        job,
        job.fresh.filter((row) => row.state !== 'done'),
      );
      return true;
    }
    const { id, recipientCount } = job.head;
    const unsaved = new Set(job.unsaved);
    for (let from = 0; from < recipientCount; from += lotSize) {
      const rows = await peers.queue.ask('recipients', { id, from, limit: lotSize });
      // Fewer than there are: the rest is damaged, and nobody would be told of those.
      if (isUnanswered(rows) || rows.length < Math.min(lotSize, recipientCount - from)) return false;
      const left = rows.filter(({ index, done }) => !done && !unsaved.has(index));
      this.#fail(
        job,
        left.map(({ index, address, routed }) => ({ index, address: routed?.address ?? address })),
      );
      if (job.unsaved.length === 0 || recipientCount <= lotSize) continue;
      const marks = { id, indexes: job.unsaved, bounceText: job.unsavedBounce };
      if ((await peers.queue.ask('mark', marks)) !== true) return false;
      job.unsaved = [];
      job.unsavedBounce = '';
    }
    return true;
  }

  #fail(job: Job, rows: readonly Pick<Row, 'index' | 'address'>[]): void {
    const routing = this.#parts.routing();
    for (const { index, address } of rows) {
      job.unsaved.push(index);
      job.unsavedBounce += bounceParagraph(routing.stripVirtual(address), givenUp);
    }
  }
}
