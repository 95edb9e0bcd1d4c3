/**
 * Whether the name servers are silent, so that not every delivery waits the whole time limit for nobody's answer and keeps
 * its slot meanwhile. Counts what ended unheard; asks nothing.
 */

/** Questions in a row without any answer … */
const mostUnheard = 8;
/** … and milliseconds since the first of them was asked. A name whose own servers are gone may be silent too, alone. */
const unheardMs = 8_000;

export class Silence {
  readonly #now: () => number;
  #unheard = 0;
  #since = 0;
  #probing = false;

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get isSilent(): boolean {
    return this.#unheard >= mostUnheard && this.#now() - this.#since >= unheardMs;
  }

  /** False: do not ask, it is for later. While the servers are silent one question at a time finds out whether they still are. */
  mayAsk(): boolean {
    if (!this.isSilent) return true;
    if (this.#probing) return false;
    this.#probing = true;
    return true;
  }

  /** A question that was begun at `asked` is over; `heard`: there was an answer of any kind. */
  ended(asked: number, heard: boolean): void {
    this.#probing = false;
    if (heard) this.#unheard = 0;
    else {
      if (this.#unheard === 0) this.#since = asked;
      this.#unheard += 1;
    }
  }
}
