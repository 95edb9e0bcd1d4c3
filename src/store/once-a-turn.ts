/**
 * A question that is worth asking once in a turn of the event loop: what arrived together is answered from one look, and the
 * next arrival looks again. Keeps no answer itself.
 */

export class OnceATurn {
  #asked = false;

  /** True for the first who asks in this turn. */
  get due(): boolean {
    if (this.#asked) return false;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
    });
    return true;
  }
}
