/**
 * Delivery slots that do what a test says: an answer a recipient, at once or when the test lets them go.
 * They stand for the pool threads and all hosts behind them, and keep a book of every attempt.
 */
import type { Unanswered } from '../../src/actors/kernel/actor.js';
import type { LocalReport, RemoteDelivery, RemoteReport, WorkerDelivery } from '../../src/actors/messages.js';
import type { LocalSlots } from '../../src/actors/spawn/local-slots.js';
import type { RemoteSlot, RemoteSlots } from '../../src/actors/spawn/remote-slots.js';
import type { ByteString, Channel, Outcome } from '../../src/protocol/mail.js';

/** What becomes of one recipient; `crash` takes the whole delivery with it. */
export type Answer = 'K' | 'Z' | 'D' | 'crash' | Outcome;
/** What a worker gets; a remote one gets less. */
export type Given = RemoteDelivery & Partial<WorkerDelivery>;
export type Script = (recipient: ByteString, delivery: Given) => Answer;

export interface Attempt {
  readonly delivery: Given;
  readonly channel: Channel;
  readonly recipient: ByteString;
  /** Seconds since 1970. */
  readonly at: number;
  readonly answer: Answer;
}

const texts = { K: 'did 1+0+0\n', Z: 'busy now. (#4.3.0)\n', D: 'no such mailbox. (#5.1.1)\n' } as const;

export class ScriptedSlots implements LocalSlots, RemoteSlots {
  readonly threads = 0;
  readonly restarts = 0;
  readonly attempts: Attempt[] = [];
  readonly running: Record<Channel, number> = { local: 0, remote: 0 };
  readonly peak: Record<Channel, number> = { local: 0, remote: 0 };
  script: Script;
  /** Deliveries of these channels wait for `release`. */
  readonly held = new Set<Channel>();
  readonly #waiting: { readonly channel: Channel; readonly to: readonly ByteString[]; readonly go: () => void }[] = [];
  readonly #seconds: () => number;
  readonly #active: () => void;
  #session = 0;
  #closed = false;

  constructor(script: Script, seconds: () => number, active: () => void) {
    this.script = script;
    this.#seconds = seconds;
    this.#active = active;
  }

  open(): RemoteSlot {
    this.#session += 1;
    return {
      session: this.#session,
      usable: true,
      holds: () => false,
      deliver: async (delivery): Promise<RemoteReport | Unanswered> => {
        const outcomes = await this.#attempt('remote', delivery);
        return outcomes === undefined ? { tag: 'unanswered', why: 'gone' } : { outcomes, closed: false, timedOut: [] };
      },
      close: () => undefined,
    };
  }

  async deliver(delivery: WorkerDelivery): Promise<LocalReport> {
    const outcomes = await this.#attempt('local', { ...delivery, session: 0 });
    if (outcomes === undefined) throw new Error('the thread ended');
    return { outcomes };
  }

  async #attempt(channel: Channel, delivery: Given): Promise<readonly Outcome[] | undefined> {
    this.#active();
    this.running[channel] += 1;
    this.peak[channel] = Math.max(this.peak[channel], this.running[channel]);
    if (this.held.has(channel)) await new Promise<void>((go) => this.#waiting.push({ channel, to: delivery.recipients, go }));
    this.#active();
    this.running[channel] -= 1;
    if (this.#closed) return undefined;
    const answers = delivery.recipients.map((recipient) => this.script(recipient, delivery));
    delivery.recipients.forEach((recipient, i) => {
      this.attempts.push({ delivery, channel, recipient, at: this.#seconds(), answer: answers[i] ?? 'crash' });
    });
    const outcomes = answers.flatMap((answer) => (answer === 'crash' ? [] : [outcomeOf(answer)]));
    return outcomes.length < answers.length ? undefined : outcomes;
  }

  /** Lets the deliveries that wait go on, all or so many of them; later ones are not held when all went. */
  release(channel: Channel, most = Number.POSITIVE_INFINITY): void {
    if (most === Number.POSITIVE_INFINITY) this.held.delete(channel);
    const mine = this.#waiting.filter((waiting) => waiting.channel === channel).slice(0, most);
    for (const waiting of mine) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.go();
    }
  }

  /** Recipients of the deliveries that wait for `release`. */
  waiting(channel: Channel): ByteString[] {
    return this.#waiting.filter((one) => one.channel === channel).flatMap(({ to }) => to);
  }

  /** Times of the attempts for one recipient, in seconds after `since`. */
  times(recipient: ByteString, since: number): number[] {
    return this.attempts.filter((attempt) => attempt.recipient === recipient).map(({ at }) => at - since);
  }

  /** Recipients whose delivery succeeded, in order. */
  get delivered(): ByteString[] {
    return this.attempts.filter(({ answer }) => statusOf(answer) === 'K').map(({ recipient }) => recipient);
  }

  resize(): void {}

  /** The threads end with what they have at work. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { go } of this.#waiting.splice(0)) go();
  }
}

function outcomeOf(answer: Exclude<Answer, 'crash'>): Outcome {
  return typeof answer === 'string' ? { status: answer, text: texts[answer] } : answer;
}

function statusOf(answer: Answer): string {
  return typeof answer === 'string' ? answer : answer.status;
}
