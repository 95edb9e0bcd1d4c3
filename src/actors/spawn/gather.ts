/**
 * Writes of one tick go to a stream together, as one buffer: a system call a tick instead of one a frame, and less work for
 * the stream. Keeps their order. Nothing else may be written to such a stream in between.
 */
import { Buffer } from 'node:buffer';
import type { Writable } from 'node:stream';

const gathered = new WeakMap<Writable, Uint8Array[]>();

export function gatherWrite(stream: Writable, bytes: Uint8Array): void {
  const waiting = gathered.get(stream);
  if (waiting !== undefined) {
    waiting.push(bytes);
    return;
  }
  const pieces = [bytes];
  gathered.set(stream, pieces);
  setImmediate(() => {
    gathered.delete(stream);
    if (stream.writable) stream.write(pieces.length === 1 ? bytes : Buffer.concat(pieces));
  });
}
