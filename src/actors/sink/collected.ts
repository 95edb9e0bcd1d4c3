/**
 * The body of one message on its way into the store: copies of its pieces up to a limit, and their form in a file.
 */

const dot = Buffer.from('\r\n.');
const dotAtStart = 0x2e;

export class Collected {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #octets = 0;
  #cut = false;

  /** @param limit octets; 0 collects nothing */
  constructor(limit: number) {
    this.#limit = limit;
  }

  take(bytes: Uint8Array): void {
    const room = this.#limit - this.#octets;
    if (bytes.length > room) this.#cut = true;
    if (room <= 0) return;
    const piece = Buffer.from(bytes.subarray(0, room));
    this.#pieces.push(piece);
    this.#octets += piece.length;
  }

  /** The message as it stands in a file, and whether its end is missing. Starts afresh. */
  finish(): { readonly bytes: Buffer; readonly cut: boolean } {
    const done = { bytes: withoutDots(Buffer.concat(this.#pieces)), cut: this.#cut };
    this.#pieces = [];
    this.#octets = 0;
    this.#cut = false;
    return done;
  }
}

/** Undoes the doubling of a line's first dot (RFC 5321 §4.5.2). */
function withoutDots(wire: Buffer): Buffer {
  if (wire[0] !== dotAtStart && !wire.includes(dot)) return wire;
  const kept: Buffer[] = [];
  let from = wire[0] === dotAtStart ? 1 : 0;
  for (let at = wire.indexOf(dot, from); at !== -1; at = wire.indexOf(dot, from)) {
    kept.push(wire.subarray(from, at + 2));
    from = at + 3;
  }
  kept.push(wire.subarray(from));
  return Buffer.concat(kept);
}
