/**
 * Deliveries into one Maildir that wait at the same time, taken together: all files are written, then all are flushed at
 * once, so that the file system's journal commits once for them, then all get their names, then `new/` is flushed once.
 * What a step does with one delivery is the delivery's own; a step that fails concerns that one alone.
 */
import type { ByteString } from '../protocol/mail.js';

/** One delivery on its way. No step throws or rejects; each answers whether the delivery goes on. */
export interface BatchedDelivery {
  /** Creates and writes the file in `tmp/`. */
  write(): boolean;
  /** Flushes the file. */
  flush(): Promise<boolean>;
  /** Gives the file its name in `new/`; false when there is nothing to flush `new/` for. */
  name(): boolean;
  /** `new/` was flushed, or could not be. */
  over(flushed: boolean): void;
}

/** Deliveries of one batch: the files that it has open. */
const mostTogether = 64;

class Batches {
  readonly #waiting: BatchedDelivery[] = [];
  readonly #flushNew: () => Promise<void>;
  readonly #idle: () => void;
  #running = false;

  constructor(flushNew: () => Promise<void>, idle: () => void) {
    this.#flushNew = flushNew;
    this.#idle = idle;
  }

  add(delivery: BatchedDelivery): void {
    this.#waiting.push(delivery);
    if (this.#running) return;
    this.#running = true;
    // What came in the same moment goes together.
    setImmediate(() => void this.#work());
  }

  /** The next batch begins when the last one has its names: its files and the last one's folder share a commit. */
  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const named = await this.#named(this.#waiting.splice(0, mostTogether));
      if (named.length > 0) void this.#finish(named);
    }
    this.#running = false;
    this.#idle();
  }

  async #named(batch: readonly BatchedDelivery[]): Promise<readonly BatchedDelivery[]> {
    const written = batch.filter((delivery) => delivery.write());
    const flushed = await Promise.all(written.map((delivery) => delivery.flush()));
    return written.filter((delivery, i) => flushed[i] === true && delivery.name());
  }

  async #finish(named: readonly BatchedDelivery[]): Promise<void> {
    const durable = await this.#flushNew().then(
      () => true,
      () => false,
    );
    for (const delivery of named) delivery.over(durable);
  }
}

/** Maildirs with deliveries under way. */
const folders = new Map<ByteString, Batches>();

/** Takes the delivery along with the next batch of its Maildir. `flushNew` rejects with the system's error. */
export function takeAlong(folder: ByteString, delivery: BatchedDelivery, flushNew: () => Promise<void>): void {
  let batches = folders.get(folder);
  if (batches === undefined) {
    batches = new Batches(flushNew, () => folders.delete(folder));
    folders.set(folder, batches);
  }
  batches.add(delivery);
}
