/**
 * Whether something was told lately: an abuse that goes on is told once in a while, not each time. Bounded, also when every
 * occasion has another text.
 */

/** After so many milliseconds it is told again. */
const quietMs = 600_000;
/** Different texts in that time; further ones are told as one. */
const mostTexts = 100;

export class ToldLately {
  /** When each was told, the oldest first. */
  readonly #told = new Map<string, number>();
  #fullSince = Number.NEGATIVE_INFINITY;

  /** What to tell at `now` (monotonic milliseconds); undefined: nothing. */
  tell(text: string, now: number): string | undefined {
    for (const [oldest, at] of this.#told) {
      if (now - at < quietMs) break;
      this.#told.delete(oldest);
    }
    if (this.#told.has(text)) return undefined;
    if (this.#told.size < mostTexts) {
      this.#told.set(text, now);
      return text;
    }
    if (now - this.#fullSince < quietMs) return undefined;
    this.#fullSince = now;
    return `${text} (and more of this kind, not told for the next ten minutes)`;
  }
}
