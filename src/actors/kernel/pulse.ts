/**
 * Signs of life of a thread: a counter in shared memory that its event loop moves. Whoever watches looks now and then
 * and counts the looks without a change, not the time: a process that was stopped as a whole finds no thread stalled.
 */

/** Milliseconds between two signs of life. */
export const beatMs = 500;
/** Between two looks. A thread may stand still for `usualLooks` of them: collections and large files take seconds, not half a minute. */
const lookMs = 1_000;
const usualLooks = 30;

/** Looks without a sign of life after which a thread is taken for stalled; fewer for tests of stalled threads only, see fault.ts. */
export function mostLooks(): number {
  const asked = Number(process.env.TQMAIL_TEST_STALL_SECONDS);
  return process.env.TQMAIL_TEST_FAULTS === '1' && asked > 0 ? asked : usualLooks;
}

/** Called once by a thread that is watched. */
export function beat(shared: SharedArrayBuffer): void {
  const counter = new Int32Array(shared);
  setInterval(() => Atomics.add(counter, 0, 1), beatMs).unref();
}

export class PulseWatch {
  /** Goes to the thread as it is. */
  readonly shared: SharedArrayBuffer = new SharedArrayBuffer(4);
  readonly #counter = new Int32Array(this.shared);
  #seen = 0;
  #missed = 0;

  /** One look; true when the thread stood still for too many of them. It counts anew after that. */
  look(most: number = mostLooks()): boolean {
    const now = Atomics.load(this.#counter, 0);
    this.#missed = now === this.#seen ? this.#missed + 1 : 0;
    this.#seen = now;
    if (this.#missed < most) return false;
    this.#missed = 0;
    return true;
  }
}

/** Looks at the watches again and again until the result is called; `stalled` gets the watched thing that stands still. */
export function watchPulses<T extends { readonly pulse: PulseWatch }>(
  all: () => Iterable<T>,
  stalled: (one: T) => void,
): () => void {
  const timer = setInterval(() => {
    for (const one of all()) if (one.pulse.look()) stalled(one);
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}
