/**
 * What goes out together is one write: small pieces are copied behind one another, in memory that is used again.
 * Sends nothing.
 */
import { Buffer } from 'node:buffer';
import type { ByteString } from '../../protocol/mail.js';

/** Octets that are gathered at most; a larger piece goes out as it is. */
const most = 65_536;

/** All connections of a thread share it. */
let memory = Buffer.allocUnsafeSlow(most);

export interface Gathered {
  /** To be written; what was gathered is valid until the next call, unless it was abandoned. */
  readonly octets: ByteString | Uint8Array;
  /** How many pieces those are. */
  readonly pieces: number;
}

/** The pieces from `from` on, as many as fit; or a large one, or the beginning of it, of at most `room` octets. */
export function gather(pieces: readonly (ByteString | Uint8Array)[], from: number, room: number): Gathered {
  const first = pieces[from] ?? '';
  const next = pieces[from + 1];
  if (next === undefined && typeof first === 'string') return { octets: first, pieces: 1 };
  if (first.length > most && typeof first !== 'string') {
    return first.length > room ? { octets: first.subarray(0, room), pieces: 0 } : { octets: first, pieces: 1 };
  }
  let used = 0;
  let at = from;
  for (let piece: ByteString | Uint8Array | undefined = first; piece !== undefined; piece = pieces[at]) {
    if (used + piece.length > most) break;
    if (typeof piece === 'string') memory.write(piece, used, 'latin1');
    else memory.set(piece, used);
    used += piece.length;
    at += 1;
  }
  return at === from ? { octets: first, pieces: 1 } : { octets: memory.subarray(0, used), pieces: at - from };
}

/** The system still reads these: when they were gathered, their memory is theirs. */
export function abandonGathered(octets: ByteString | Uint8Array): void {
  if (typeof octets !== 'string' && octets.buffer === memory.buffer) memory = Buffer.allocUnsafeSlow(most);
}
