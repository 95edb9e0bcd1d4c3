/**
 * The language of run/queue.sock: frames of a letter, a length (4 octets, big-endian) and so many octets.
 * A command sends `H` hello (`1 UID PID`), `M` pieces of the message, `E` pieces of the envelope in
 * qmail-queue's form, `C` commit; the server answers one `R` (`EXITCODE TEXT`). Closing before `C` abandons the
 * message. Knows nothing of what the pieces mean.
 */

export type FrameLetter = 'H' | 'M' | 'E' | 'C' | 'R';

/** Most octets of one frame. */
export const longestFrame = 65_536;
export const protocolVersion = 1;
const headSize = 5;

export interface Frame {
  readonly letter: string;
  /** A view of what was received; nobody writes to it again. */
  readonly octets: Uint8Array;
}

/** One frame; `octets` must not be longer than `longestFrame`. */
export function frame(letter: FrameLetter, octets: Uint8Array): Buffer {
  const whole = Buffer.allocUnsafe(headSize + octets.length);
  whole[0] = letter.charCodeAt(0);
  whole.writeUInt32BE(octets.length, 1);
  whole.set(octets, headSize);
  return whole;
}

/** Cuts a stream of chunks into frames. */
export class FrameReader {
  #kept: Buffer = Buffer.alloc(0);

  /** Calls `take` for each whole frame. Returns false when the stream is not of this language. */
  read(chunk: Buffer, take: (frame: Frame) => void): boolean {
    let data = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    while (data.length >= headSize) {
      const length = data.readUInt32BE(1);
      if (length > longestFrame) return false;
      if (data.length < headSize + length) break;
      take({ letter: String.fromCharCode(data[0] ?? 0), octets: data.subarray(headSize, headSize + length) });
      data = data.subarray(headSize + length);
    }
    this.#kept = data;
    return true;
  }
}
