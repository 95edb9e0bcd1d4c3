/**
 * The body of one message on its way into the store: copies of its pieces up to a limit, and their form in a file.
 * All messages under way share a room: what is beyond it is not copied, however many clients send at a time.
 */

const dot = Buffer.from('\r\n.');
const dotAtStart = 0x2e;

export interface Room {
  /** Octets that may still be held. */
  left: number;
}

export class Collected {
  readonly #limit: number;
  readonly #room: Room;
  #pieces: Buffer[] = [];
  #octets = 0;
  #cut = false;

  /** @param limit octets of a message */
  constructor(limit: number, room: Room) {
    this.#limit = limit;
    this.#room = room;
  }

  take(bytes: Uint8Array): void {
    // Once something is missing, nothing behind it belongs there.
    if (this.#cut) return;
    const room = Math.min(this.#limit - this.#octets, this.#room.left);
    this.#cut = bytes.length > room;
    if (room <= 0) return;
    const piece = Buffer.from(bytes.subarray(0, room));
    this.#pieces.push(piece);
    this.#octets += piece.length;
    this.#room.left -= piece.length;
  }

  /** The message will not be kept. Starts afresh. */
  drop(): void {
    this.#room.left += this.#octets;
    this.#pieces = [];
    this.#octets = 0;
    this.#cut = false;
  }

  /** The message as it stands in a file, and whether its end is missing. Starts afresh. */
  finish(): { readonly bytes: Buffer; readonly cut: boolean } {
    const done = { bytes: withoutDots(Buffer.concat(this.#pieces)), cut: this.#cut };
    this.drop();
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
