/**
 * Bounds the messages that send has in memory when the disk is slower than the deliveries: crowded from the bound on,
 * until half of them are gone.
 */

/** Messages in memory, beyond those that slots and passes need, before no more are opened. */
const mostWaitingForDisk = 4_000;

export class Crowd {
  #crowded = false;

  get crowded(): boolean {
    return this.#crowded;
  }

  /** `jobs` are in memory now; `slots` is how many deliveries there may be at a time. */
  look(jobs: number, slots: number): boolean {
    const most = mostWaitingForDisk + 3 * slots;
    if (jobs >= most) this.#crowded = true;
    else if (jobs < most / 2) this.#crowded = false;
    return this.#crowded;
  }
}
