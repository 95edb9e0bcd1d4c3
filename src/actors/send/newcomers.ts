/**
 * The share of the remote slots that newcomers have together: hosts that have not been seen to take mail. They leave a
 * slot free in any case, and half of the slots while many of them hang and mail for hosts that do take it is about.
 * Watches and says how many; it starts nothing.
 */

/** A delivery that has lasted so long without being taken hangs (milliseconds). */
export const hangMs = 10_000;
/** With fewer slots none is kept free before newcomers are seen to hang. */
const fewSlots = 5;
/** Of so many slots one is kept free. */
const slotsForOneFree = 20;
/** Newcomers hang when so large a part of the slots does … */
const hangingShare = 0.25;
/** … and are taken to hang for as long after that (milliseconds). */
const hangingFor = 120_000;
/** Mail for hosts that take it is about for as long after a delivery to one began (milliseconds). */
const aboutMs = 60_000;
/** Newcomers of which none has ended as it should for as long stand still (milliseconds). */
const stillMs = 1_000;

export class Newcomers {
  readonly #most: () => number;
  readonly #others: () => number;
  #hungAt = Number.NEGATIVE_INFINITY;
  #othersAt = Number.NEGATIVE_INFINITY;
  #movedAt = Number.NEGATIVE_INFINITY;

  /** `most`: remote slots, all together. `others`: hosts that are known to take mail. */
  constructor(most: () => number, others: () => number) {
    this.#most = most;
    this.#others = others;
  }

  /** So many deliveries to newcomers hang. */
  looked(hanging: number, now: number): void {
    if (hanging > 0 && hanging >= this.#most() * hangingShare) this.#hungAt = now;
  }

  /** A delivery to a host that takes mail begins. */
  otherBegan(now: number): void {
    this.#othersAt = now;
  }

  /** The first delivery to a newcomer begins, or one ended without having hung. */
  moved(now: number): void {
    this.#movedAt = now;
  }

  /** Deliveries to newcomers that may be at work. */
  share(now: number): number {
    const most = this.#most();
    if (this.#hang(now) && now - this.#othersAt < aboutMs) return Math.ceil(most / 2);
    // For whom, as long as nobody is known to take mail?
    return most < fewSlots || this.#others() === 0 ? most : most - Math.max(1, Math.floor(most / slotsForOneFree));
  }

  /** True when waiting for a slot makes no sense: none is given back soon. */
  standStill(now: number): boolean {
    return this.#hang(now) || now - this.#movedAt >= stillMs;
  }

  #hang(now: number): boolean {
    return now - this.#hungAt < hangingFor;
  }
}
