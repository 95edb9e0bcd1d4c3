/**
 * Passes that could begin a delivery but for the share of their destination: they wait here, in order, until a delivery
 * to it ends, and hold nobody up meanwhile. Keeps them; decides nothing.
 */
import type { Pass } from './job.js';

/** Passes that may wait without being counted against the room of the channel. */
const mostUncounted = 1_000;

export class Aside {
  readonly #waiting = new Map<string, Set<Pass>>();
  readonly #keyOf = new Map<Pass, string>();

  /** Those that leave the channel less room. */
  get counted(): number {
    return Math.max(0, this.#keyOf.size - mostUncounted);
  }

  get count(): number {
    return this.#keyOf.size;
  }

  /** `key`: what they wait for. */
  put(key: string, pass: Pass): void {
    const set = this.#waiting.get(key);
    if (set === undefined) this.#waiting.set(key, new Set([pass]));
    else set.add(pass);
    this.#keyOf.set(pass, key);
  }

  /** The first of those that wait for `key`. */
  take(key: string, most: number): readonly Pass[] {
    const taken: Pass[] = [];
    for (const pass of this.#waiting.get(key) ?? []) {
      if (taken.length >= most) break;
      taken.push(pass);
    }
    for (const pass of taken) this.remove(pass);
    return taken;
  }

  /** False when it does not wait here. */
  remove(pass: Pass): boolean {
    const key = this.#keyOf.get(pass);
    if (key === undefined) return false;
    this.#keyOf.delete(pass);
    const set = this.#waiting.get(key);
    set?.delete(pass);
    if (set?.size === 0) this.#waiting.delete(key);
    return true;
  }

  /** What is waited for. */
  keys(): readonly string[] {
    return [...this.#waiting.keys()];
  }
}
