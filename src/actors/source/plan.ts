/**
 * Which message is sent next and when: sequence numbers handed to the senders of one lane of a run. With a rate the loop
 * is open: each message has its moment, whatever became of those before it. Knows no clock: times are given.
 */

export interface PlanSettings {
  /** Messages of the whole run, all lanes. */
  readonly messages: number;
  /** Messages a second of the whole run; 0 = closed loop, as fast as the senders go. */
  readonly rate: number;
  /** Seconds in which the rate rises from nothing to its full height, in a straight line. */
  readonly rampSeconds: number;
  /** This lane takes the numbers lane, lane + lanes, lane + 2 × lanes, … */
  readonly lane: number;
  readonly lanes: number;
  /** In place of a lane's own numbers: the next number of all lanes, so that a run that ends at any moment leaves no gaps. */
  readonly counter?: Int32Array | undefined;
}

export interface Planned {
  readonly sequence: number;
  /** Whole microseconds after the begin of the run, as the mark writes them; undefined in a closed loop: now. */
  readonly dueUs: number | undefined;
}

export class SendingPlan {
  readonly #settings: PlanSettings;
  #next: number;
  /** Taken and not begun by a sender that lost its connection: they come before all others. */
  #returned: Planned[] = [];
  #closed = false;

  constructor(settings: PlanSettings) {
    this.#settings = settings;
    this.#next = settings.lane;
  }

  /** The next message; undefined when all are handed out. */
  take(): Planned | undefined {
    if (this.#returned.length > 0) return this.#returned.shift();
    const { messages, rate, rampSeconds, lanes, counter } = this.#settings;
    if (this.#closed) return undefined;
    const sequence = counter === undefined ? this.#next : Atomics.add(counter, 0, 1);
    if (sequence >= messages) return undefined;
    this.#next += lanes;
    return { sequence, dueUs: rate > 0 ? Math.round(1e6 * dueSeconds(sequence, rate, rampSeconds)) : undefined };
  }

  /** Takes back what was not begun: another sender may have a connection when its moment comes. Nothing when closed. */
  giveBack(message: Planned): void {
    if (!this.#closed) this.#returned.push(message);
  }

  /** Hands out nothing more. */
  close(): void {
    this.#closed = true;
    this.#returned = [];
  }

  /** Messages of this lane that are not handed out. */
  get left(): number {
    if (this.#closed) return 0;
    const { messages, lanes } = this.#settings;
    return this.#returned.length + Math.max(0, Math.ceil((messages - this.#next) / lanes));
  }
}

/** Messages of a whole run that are due `seconds` after its begin. */
export function dueBy(
  seconds: number,
  { messages, rate, rampSeconds }: Pick<PlanSettings, 'messages' | 'rate' | 'rampSeconds'>,
): number {
  if (rate === 0 || seconds < 0) return 0;
  const sent =
    seconds < rampSeconds ? (rate * seconds ** 2) / (2 * rampSeconds) : (rate * rampSeconds) / 2 + rate * (seconds - rampSeconds);
  return Math.min(messages, Math.floor(sent) + 1);
}

/** The highest number of messages that marks can count. */
export const mostNumbered = 999_999_999;

/** Messages of a run for which only its time is given: those whose moment is before its end, or in a closed loop no number at all. */
export function messagesWithin(seconds: number, rate: number, rampSeconds: number): number {
  if (rate === 0) return mostNumbered;
  const due = dueBy(seconds, { messages: mostNumbered, rate, rampSeconds });
  return dueSeconds(due - 1, rate, rampSeconds) < seconds ? due : due - 1;
}

/** When message `sequence` is due: on the ramp sent(t) = rate × t² / (2 × ramp), after it a straight line. */
export function dueSeconds(sequence: number, rate: number, rampSeconds: number): number {
  const onRamp = (rate * rampSeconds) / 2;
  return sequence < onRamp ? Math.sqrt((2 * rampSeconds * sequence) / rate) : rampSeconds + (sequence - onRamp) / rate;
}
