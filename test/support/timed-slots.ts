/**
 * Remote slots whose deliveries take as long as a test says, by its clock. They stand for the pool threads
 * and all hosts behind them, and count what is at work for each host.
 */
import type { Clock } from '../../src/actors/kernel/clock.js';
import type { RemoteDelivery, RemoteReport } from '../../src/actors/messages.js';
import type { RemoteSlot, RemoteSlots } from '../../src/actors/spawn/remote-slots.js';
import type { Outcome } from '../../src/protocol/mail.js';

export interface TimedSlotsParts {
  readonly clock: () => Clock;
  /** Milliseconds that a delivery to this recipient takes. */
  readonly takes: (recipient: string) => number;
  readonly outcome?: (recipient: string) => Outcome;
}

const hostOf = (recipient: string): string => recipient.slice(recipient.lastIndexOf('@') + 1);

export class TimedSlots implements RemoteSlots {
  readonly threads = 0;
  readonly restarts = 0;
  /** Recipients in the order in which their deliveries ended, and when (milliseconds of the clock). */
  readonly done: { readonly recipient: string; readonly at: number; readonly outcome: Outcome['status'] }[] = [];
  readonly peak = new Map<string, number>();
  readonly #atWork = new Map<string, number>();
  readonly #parts: TimedSlotsParts;
  #session = 0;

  constructor(parts: TimedSlotsParts) {
    this.#parts = parts;
  }

  open(): RemoteSlot {
    this.#session += 1;
    return {
      session: this.#session,
      usable: true,
      holds: () => false,
      deliver: (delivery) => this.#deliver(delivery),
      close: () => undefined,
    };
  }

  atWork(host: string): number {
    return this.#atWork.get(host) ?? 0;
  }

  /** The same for all hosts of which `which` is true, together. */
  atWorkWhere(which: (host: string) => boolean): number {
    let sum = 0;
    for (const [host, count] of this.#atWork) if (which(host)) sum += count;
    return sum;
  }

  /** Milliseconds from `since` until the last recipient of the host was done. */
  lastAt(host: string, since: number): number {
    return this.done.reduce((last, { recipient, at }) => (hostOf(recipient) === host ? Math.max(last, at - since) : last), 0);
  }

  count(host: string): number {
    return this.done.filter(({ recipient }) => hostOf(recipient) === host).length;
  }

  async #deliver({ recipients }: RemoteDelivery): Promise<RemoteReport> {
    const { takes, outcome = () => ({ status: 'K', text: 'ok\n' }) as const } = this.#parts;
    const clock = this.#parts.clock();
    const first = recipients[0] ?? '';
    const host = hostOf(first);
    this.#atWork.set(host, this.atWork(host) + 1);
    this.peak.set(host, Math.max(this.peak.get(host) ?? 0, this.atWork(host)));
    await new Promise<void>((resolve) => clock.after(takes(first), resolve));
    this.#atWork.set(host, this.atWork(host) - 1);
    const outcomes = recipients.map(outcome);
    recipients.forEach((recipient, n) => {
      this.done.push({ recipient, at: clock.monotonic(), outcome: outcomes[n]?.status ?? 'Z' });
    });
    return { outcomes, closed: false, timedOut: [] };
  }

  resize(): void {}

  async close(): Promise<void> {}
}
