/**
 * Mail that goes when somebody asks for it: the holds, and what a flush does besides making mail due.
 */
import type { Settings } from '../../protocol/settings.js';
import { secondsOf } from '../kernel/clock.js';
import { Flusher, type FlusherParts } from './flush.js';
import { Hold } from './hold.js';

export class OnDemand {
  readonly #parts: FlusherParts;
  readonly #hold: Hold;
  readonly #flusher: Flusher;

  constructor(parts: FlusherParts, settings: Settings) {
    this.#parts = parts;
    this.#hold = new Hold(settings);
    this.#flusher = new Flusher(parts);
  }

  /** Must mail for this host wait? */
  held(host: string): boolean {
    return this.#hold.holds(host, secondsOf(this.#parts.clock));
  }

  /** A peer's wish (ETRN, AutoTURN). */
  hint(names: readonly string[]): void {
    this.#lift(names);
    this.#flusher.hint(names);
  }

  /** Mail for these destinations becomes due now. Resolves to how many messages; undefined when nobody can tell. */
  flush(names: readonly string[]): Promise<number | undefined> {
    this.#lift(names);
    return this.#flusher.flush(names);
  }

  reload(settings: Settings): void {
    this.#hold.reload(settings);
  }

  /** The line may be up: what is held goes, and no host counts as down. */
  #lift(names: readonly string[]): void {
    this.#hold.lift(names, secondsOf(this.#parts.clock));
    this.#parts.peers.rspawn.tell('forgetDown', true);
  }
}
