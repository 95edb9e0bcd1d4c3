/**
 * The octets between a delivery worker, lspawnd and its delivery children: frames of a length
 * (4 octets, big endian), a kind (1 octet) and fields, each with its own length before it.
 * Both ends may be hostile to each other: every length is checked, a wrong frame is an answer.
 *
 * Kinds: D a delivery, B a piece of its body, E the end of the body, A a piece was taken,
 * R the report, P a mailbox that is asked for; of mailboxes whose client comes along: G given, H held,
 * N not opened, X over, L alive.
 */
import { Buffer } from 'node:buffer';
import type { ByteString } from '../../protocol/mail.js';

export type FrameKind = 'D' | 'B' | 'E' | 'A' | 'R' | 'P' | 'G' | 'H' | 'N' | 'X' | 'L';

export interface Frame {
  readonly kind: FrameKind;
  /** A view, valid until the next `push`. */
  readonly payload: Buffer;
}

/** Octets of a frame after its length: a body of 1 MiB, or a report with the forwards of the largest .qmail. */
const largestFrame = 6 * 1024 * 1024;
const kinds = 'DBEARPGHNXL';

/** The octets of a length, as text: lengths and fields are put together as one text and written at once. */
export function lengthText(length: number): string {
  return String.fromCharCode((length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
}

const shortLengths: readonly string[] = Array.from({ length: 256 }, (_, length) => lengthText(length));

/** Fields as they stand in a frame, still text. */
export function fieldText(fields: readonly ByteString[]): ByteString {
  let all = '';
  for (const field of fields) all += (shortLengths[field.length] ?? lengthText(field.length)) + field;
  return all;
}

/** Room for a frame that is copied before the next one is made; a larger one gets memory of its own. */
export const frameRoom = (): Buffer => Buffer.allocUnsafeSlow(16_384);

/** A frame of fields that `fieldText` made, and octets that follow as they are. With `room` it is a view of that. */
export function rawFrame(kind: FrameKind, fields: ByteString, rest?: Uint8Array, room?: Buffer): Buffer {
  const size = 1 + fields.length + (rest?.length ?? 0);
  const frame = room !== undefined && 4 + size <= room.length ? room.subarray(0, 4 + size) : Buffer.allocUnsafe(4 + size);
  frame.write(lengthText(size) + kind + fields, 'latin1');
  if (rest !== undefined) frame.set(rest, 5 + fields.length);
  return frame;
}

/** A frame with these fields; the last may be bytes, which are copied in. */
export function frameOf(kind: FrameKind, fields: readonly ByteString[], last?: Uint8Array): Buffer {
  const text = fieldText(fields);
  return last === undefined ? rawFrame(kind, text) : rawFrame(kind, text + lengthText(last.length), last);
}

/** Where the fields of a payload end, or undefined when there are not exactly `count` that fill it. */
export function fieldEnds(payload: Buffer, count: number): number[] | undefined {
  const ends: number[] = [];
  let at = 0;
  while (ends.length < count) {
    if (at + 4 > payload.length) return undefined;
    at += 4 + payload.readUInt32BE(at);
    if (at > payload.length) return undefined;
    ends.push(at);
  }
  return at === payload.length ? ends : undefined;
}

/** The first `ends.length` fields of a payload as text. */
export function textFields(payload: Buffer, ends: readonly number[]): ByteString[] {
  const all = payload.toString('latin1', 0, ends.at(-1) ?? 0);
  let from = 0;
  return ends.map((end) => {
    const field = all.slice(from + 4, end);
    from = end;
    return field;
  });
}

/** Cuts a stream into frames. After a wrong one it answers 'broken' for ever. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #held = 0;
  #broken = false;

  push(chunk: Buffer): Frame[] | 'broken' {
    if (this.#broken) return 'broken';
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held < 5 || this.#held < this.#wanted()) return [];
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces);
    const frames: Frame[] = [];
    let at = 0;
    while (at + 5 <= bytes.length) {
      const size = bytes.readUInt32BE(at);
      const kind = String.fromCharCode(bytes[at + 4] as number);
      if (size < 1 || size > largestFrame || !kinds.includes(kind)) {
        this.#broken = true;
        return frames.length > 0 ? frames : 'broken';
      }
      if (at + 4 + size > bytes.length) break;
      frames.push({ kind: kind as FrameKind, payload: bytes.subarray(at + 5, at + 4 + size) });
      at += 4 + size;
    }
    this.#held = bytes.length - at;
    // What is left is copied: it must not keep the whole chunk alive.
    this.#pieces = this.#held > 0 ? [Buffer.from(bytes.subarray(at))] : [];
    return frames;
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** Octets that the frame at hand needs; a large one arrives in many chunks and is put together once. */
  #wanted(): number {
    const first = this.#pieces[0] as Buffer;
    if (first.length < 4) return 5;
    const size = first.readUInt32BE(0);
    return size > largestFrame ? 0 : 4 + size;
  }
}
