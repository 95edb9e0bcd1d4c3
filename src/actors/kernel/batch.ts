/**
 * What one post between threads looks like: many frames, and the bytes of all of them packed into one buffer that
 * is transferred; large ones travel in a buffer of their own. A payload's `bytes` is the only place where bytes are
 * looked for.
 */

/** 0 tell, 1 ask, 2 answer. `to` is an actor's name, for an answer the edge that asked. `ask` is 0 for a tell. */
export type Frame = [
  kind: 0 | 1 | 2,
  to: string,
  message: string,
  ask: number,
  payload: unknown,
  offset?: number,
  length?: number,
];

export interface Post {
  readonly frames: Frame[];
  readonly pack: ArrayBuffer | undefined;
  /** How many posts of the other side were handled since the last one (credits). */
  readonly handled: number;
}

/** A post and the buffers that move with it: the pack and those of large bytes, which their payloads name. */
export interface Parcel {
  readonly post: Post;
  readonly moved: ArrayBuffer[];
}

interface WithBytes {
  bytes?: unknown;
}

const alignment = 8;
/** Octets from which on bytes are moved on their own: to let the pack grow under them costs more than one more transfer. */
const packed = 16_384;

/** Collects frames of one tick and packs their bytes as they come, so that the sender's views may be reused at once. */
export class Outgoing {
  #frames: Frame[] = [];
  #pack: Uint8Array | undefined;
  #used = 0;
  #moved: ArrayBuffer[] = [];
  #expected = 4096;

  get empty(): boolean {
    return this.#frames.length === 0;
  }

  add(kind: 0 | 1 | 2, to: string, message: string, ask: number, payload: unknown): void {
    const bytes = typeof payload === 'object' && payload !== null ? (payload as WithBytes).bytes : undefined;
    if (!(bytes instanceof Uint8Array)) {
      this.#frames.push([kind, to, message, ask, payload]);
      return;
    }
    if (bytes.length > packed) {
      const own = new Uint8Array(Buffer.allocUnsafeSlow(bytes.length).buffer);
      own.set(bytes);
      this.#moved.push(own.buffer);
      this.#frames.push([kind, to, message, ask, { ...(payload as object), bytes: own }]);
      return;
    }
    const offset = this.#room(bytes.length);
    (this.#pack as Uint8Array).set(bytes, offset);
    this.#frames.push([kind, to, message, ask, { ...(payload as object), bytes: undefined }, offset, bytes.length]);
  }

  #room(length: number): number {
    const offset = this.#used;
    const end = offset + length;
    if (this.#pack === undefined || end > this.#pack.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#pack === undefined ? this.#expected : this.#pack.length * 2));
      if (this.#pack !== undefined) larger.set(this.#pack.subarray(0, offset));
      this.#pack = larger;
    }
    this.#used = (end + alignment - 1) & ~(alignment - 1);
    return offset;
  }

  take(handled: number): Parcel {
    const pack = this.#pack?.buffer as ArrayBuffer | undefined;
    const parcel: Parcel = { post: { frames: this.#frames, pack, handled }, moved: this.#moved };
    if (pack !== undefined) {
      parcel.moved.push(pack);
      // The next tick will probably need about as much room as this one did.
      this.#expected = Math.min(Math.max(4096, this.#used), 1 << 20);
    }
    this.#frames = [];
    this.#pack = undefined;
    this.#moved = [];
    this.#used = 0;
    return parcel;
  }
}

/** Puts the bytes back into a received frame's payload, as a view of the batch's buffer. */
export function payloadOf(frame: Frame, pack: ArrayBuffer | undefined): unknown {
  const offset = frame[5];
  if (offset === undefined || pack === undefined) return frame[4];
  (frame[4] as WithBytes).bytes = new Uint8Array(pack, offset, frame[6]);
  return frame[4];
}
