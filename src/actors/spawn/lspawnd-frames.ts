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

/** A frame with these fields; a last field of bytes is copied in. */
export function frameOf(kind: FrameKind, fields: readonly (ByteString | Uint8Array)[]): Buffer {
  let size = 1;
  for (const field of fields) size += 4 + field.length;
  const frame = Buffer.allocUnsafe(4 + size);
  frame.writeUInt32BE(size, 0);
  frame[4] = kind.charCodeAt(0);
  let at = 5;
  for (const field of fields) {
    at = frame.writeUInt32BE(field.length, at);
    if (typeof field === 'string') frame.write(field, at, 'latin1');
    else frame.set(field, at);
    at += field.length;
  }
  return frame;
}

/** The fields of a payload, or undefined when there are not exactly `count` that fill it. */
export function fieldsOf(payload: Buffer, count: number): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (fields.length < count) {
    if (at + 4 > payload.length) return undefined;
    const length = payload.readUInt32BE(at);
    at += 4;
    if (at + length > payload.length) return undefined;
    fields.push(payload.subarray(at, at + length));
    at += length;
  }
  return at === payload.length ? fields : undefined;
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
