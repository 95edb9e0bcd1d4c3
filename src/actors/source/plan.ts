/**
 * Which message is sent next and when: sequence numbers handed to the sessions of a run, at a rate if there is one.
 * Knows no clock: times come in and go out as milliseconds.
 */

export class SendingPlan {
  readonly #messages: number;
  /** Milliseconds between two messages; 0 = no rate. */
  readonly #interval: number;
  #next = 0;
  #begin: number | undefined;

  /** @param rate messages a second, all sessions together; 0 = as fast as possible */
  constructor(messages: number, rate: number) {
    this.#messages = messages;
    this.#interval = rate > 0 ? 1000 / rate : 0;
  }

  /** The next message and how long to wait before it is sent; undefined when all are handed out. */
  take(now: number): { readonly sequence: number; readonly wait: number } | undefined {
    if (this.#next >= this.#messages) return undefined;
    this.#begin ??= now;
    const sequence = this.#next++;
    return { sequence, wait: Math.max(0, this.#begin + sequence * this.#interval - now) };
  }

  get left(): number {
    return this.#messages - this.#next;
  }
}
