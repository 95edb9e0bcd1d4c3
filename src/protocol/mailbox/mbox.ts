/**
 * mbox files: how a message looks in one (mboxrd; spec local.md §5.2).
 * Pure, and in pieces: a message of any length passes in bounded memory.
 */
const lf = 10;
const mark = 62;
const from = [70, 114, 111, 109, 32];

/**
 * Puts `>` before every line that is `From ` after any number of `>`. Between pieces it keeps
 * only where in such a line the piece ended, never text, so a line of `>` costs nothing.
 */
export class FromQuoting {
  /** Octets of the line so far that may still become `>*From `: marks are counted, then letters. */
  #marks = 0;
  #letters = 0;
  /** False once the line at hand cannot match any more. */
  #open = true;
  #last = lf;

  /** The quoted form of the next piece, possibly a few held octets shorter or longer. */
  push(piece: Uint8Array): Uint8Array {
    const out = new Output(piece.length + this.#marks + this.#letters + 1);
    for (let i = 0; i < piece.length; i++) {
      const octet = piece[i] as number;
      if (!this.#open) {
        out.put(octet);
        this.#open = octet === lf;
        continue;
      }
      if (octet === mark && this.#letters === 0) {
        this.#marks++;
      } else if (octet === from[this.#letters]) {
        this.#letters++;
        if (this.#letters === from.length) this.#release(out, true);
      } else {
        this.#release(out, false);
        out.put(octet);
        this.#open = octet === lf;
      }
    }
    if (piece.length > 0) this.#last = piece[piece.length - 1] as number;
    return out.taken();
  }

  /** The held rest, a LF when the last line has none, and the empty line that ends a message. */
  end(): Uint8Array {
    const out = new Output(this.#marks + this.#letters + 3);
    this.#release(out, false);
    if (this.#last !== lf) out.put(lf);
    out.put(lf);
    return out.taken();
  }

  #release(out: Output, quote: boolean): void {
    for (let i = quote ? -1 : 0; i < this.#marks; i++) out.put(mark);
    for (let i = 0; i < this.#letters; i++) out.put(from[i] as number);
    this.#marks = 0;
    this.#letters = 0;
    this.#open = false;
  }
}

/** Octets under construction; grows by doubling. */
class Output {
  #bytes: Uint8Array;
  #length = 0;
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }
  put(octet: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2 + 16);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = octet;
  }
  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
