/**
 * CR LF becomes LF, in pieces however they are cut; every other CR stays (a QMTP message that begins with CR,
 * spec qmtp-qmqp.md §2).
 */
import { CR, LF } from './bytes.js';

export class CrLfLines {
  /** A CR ended the last piece: what follows decides whether it stays. */
  #held = false;

  /** `last`: nothing follows this piece, a CR at its end stays. The answer owns its octets. */
  convert(piece: Uint8Array, last: boolean): Uint8Array {
    const into = new Uint8Array(piece.length + 1);
    let size = 0;
    if (this.#held && piece.length > 0 && piece[0] !== LF) into[size++] = CR;
    if (piece.length > 0) this.#held = false;
    let from = 0;
    for (let at = piece.indexOf(CR); at >= 0; at = piece.indexOf(CR, at + 1)) {
      if (at + 1 < piece.length ? piece[at + 1] !== LF : last) continue;
      into.set(piece.subarray(from, at), size);
      size += at - from;
      from = at + 1;
      if (from === piece.length) this.#held = true;
    }
    into.set(piece.subarray(from), size);
    return into.subarray(0, size + piece.length - from);
  }
}
