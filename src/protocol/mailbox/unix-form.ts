/**
 * Wire form → unix form, in pieces of any size: CR LF becomes LF, one doubled leading dot goes.
 * Pure. Keeps two bits between pieces, so a body of any length passes in bounded memory.
 */
const lf = 10;
const cr = 13;
const dot = 46;

export class WireToUnix {
  #lineStart = true;
  #heldCr = false;

  /** The unix form of the next piece. The result never shares memory with `piece`. */
  push(piece: Uint8Array): Uint8Array {
    const out = new Uint8Array(piece.length + 1);
    let length = 0;
    let lineStart = this.#lineStart;
    let heldCr = this.#heldCr;
    for (let i = 0; i < piece.length; i++) {
      const octet = piece[i] as number;
      if (heldCr) {
        heldCr = false;
        if (octet !== lf) out[length++] = cr;
      }
      if (octet === cr) {
        heldCr = true;
        lineStart = false;
      } else if (octet === dot && lineStart) {
        lineStart = false;
      } else {
        out[length++] = octet;
        lineStart = octet === lf;
      }
    }
    this.#lineStart = lineStart;
    this.#heldCr = heldCr;
    return out.subarray(0, length);
  }

  /** What is left after the last piece: a CR that no LF followed, or nothing. */
  end(): Uint8Array {
    return this.#heldCr ? Uint8Array.of(cr) : new Uint8Array(0);
  }
}

/** A whole body at once. */
export function unixForm(bytes: Uint8Array): Uint8Array {
  const conversion = new WireToUnix();
  const body = conversion.push(bytes);
  const rest = conversion.end();
  if (rest.length === 0) return body;
  const joined = new Uint8Array(body.length + rest.length);
  joined.set(body);
  joined.set(rest, body.length);
  return joined;
}
