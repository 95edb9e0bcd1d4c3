/** How many descriptors this process may have open (RLIMIT_NOFILE; Node raised the soft limit at its start), and whether they run out. */
import { readFileSync } from 'node:fs';

/** Where the limit cannot be read, the smallest usual one. */
const usual = 1_024;

/** Fewer are too few for the threads of a server and its queue, without a single client. */
export const leastDescriptors = 256;

export function descriptorLimit(pid: number | 'self' = 'self'): number {
  try {
    const found = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
    if (found === 'unlimited') return Number.POSITIVE_INFINITY;
    return found === undefined ? usual : Number(found);
  } catch {
    return usual;
  }
}

/** Milliseconds between two looks at the limit, which may be changed while the process runs. */
const lookMs = 1_000;
/** Descriptors that are kept for the queue, for deliveries and for those who ask how it goes: at most so many. */
const mostKept = 256;

/** Tells when the process has nearly no descriptor left. */
export class SpareDescriptors {
  #limit = 0;
  /** The lowest number that a client got: what is below it the process needs for itself. */
  #lowest = Number.POSITIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #scarceAt = Number.NEGATIVE_INFINITY;
  #turnedAway = 0;

  /** `descriptor`: a new one; the system gives the lowest that is free. `now`: milliseconds that never go back. */
  isScarce(descriptor: number, now: number): boolean {
    if (now - this.#lookedAt >= lookMs) {
      this.#limit = descriptorLimit();
      this.#lookedAt = now;
    }
    this.#lowest = Math.min(this.#lowest, descriptor);
    const kept = Math.min(mostKept, Math.floor((this.#limit - this.#lowest) / 4));
    if (descriptor < this.#limit - kept) return false;
    this.#scarceAt = now;
    this.#turnedAway += 1;
    return true;
  }

  /** Clients turned away so far, as long as the last was less than half a minute ago; else 0. */
  turnedAway(now: number): number {
    return now - this.#scarceAt < 30_000 ? this.#turnedAway : 0;
  }
}
