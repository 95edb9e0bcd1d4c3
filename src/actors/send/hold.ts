/**
 * Destinations whose mail is tried only when somebody asks for it (control/holdremote): lines that are up now and then.
 * A flush lifts the hold of its names for a while, so that what arrives meanwhile goes too.
 */
import { Destinations } from '../../protocol/destination.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Settings } from '../../protocol/settings.js';

/** Seconds for which a flush lifts a hold. */
export const liftedSeconds = 900;
const mostLifted = 1_000;

export class Hold {
  #held: Destinations;
  #lifted: Destinations;
  #settings: Settings;
  readonly #until = new Map<string, number>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#held = new Destinations(settings.holdremote, settings);
    this.#lifted = new Destinations([], settings);
  }

  /** Must mail for `host` wait? `now` in seconds. */
  holds(host: ByteString, now: number): boolean {
    if (this.#held.empty || !this.#held.has(host)) return false;
    this.#forget(now);
    return !this.#lifted.has(host);
  }

  lift(names: readonly string[], now: number): void {
    for (const name of names) {
      this.#until.delete(name);
      const oldest = this.#until.size < mostLifted ? undefined : this.#until.keys().next().value;
      if (oldest !== undefined) this.#until.delete(oldest);
      this.#until.set(name, now + liftedSeconds);
    }
    this.#lifted = new Destinations(this.#until.keys(), this.#settings);
  }

  reload(settings: Settings): void {
    this.#settings = settings;
    this.#held = new Destinations(settings.holdremote, settings);
    this.#lifted = new Destinations(this.#until.keys(), settings);
  }

  #forget(now: number): void {
    let changed = false;
    for (const [name, until] of this.#until) {
      if (until > now) continue;
      this.#until.delete(name);
      changed = true;
    }
    if (changed) this.#lifted = new Destinations(this.#until.keys(), this.#settings);
  }
}
