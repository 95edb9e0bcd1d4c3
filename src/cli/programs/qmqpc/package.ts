/**
 * The package that qmail-qmqpc sends, made of the message on descriptor 0 and the envelope on descriptor 1. Held in
 * memory as a whole: its length comes first.
 */
import { netstring } from '../../../protocol/netstring.js';
import { EnvelopeReader, endedEarly } from '../../../protocol/queue-envelope.js';
import type { Call } from '../../call.js';
import { pieces } from '../../pieces.js';

const outOfMemory = 51;
/** Octets of a message, and of its envelope; QMQP takes lengths up to about 2 GB. */
const largest = 512 * 1024 * 1024;
const largestEnvelope = 64 * 1024 * 1024;

/** The octets in order, or qmail-queue's exit code for what is wrong with the input. */
export async function readPackage(call: Call): Promise<readonly Uint8Array[] | number> {
  const message: Uint8Array[] = [];
  let size = 0;
  const envelope = new EnvelopeReader();
  let envelopeSize = 0;
  try {
    for await (const piece of pieces(call, 0)) {
      size += piece.length;
      if (size > largest) return outOfMemory;
      message.push(piece);
    }
    for await (const piece of pieces(call, 1)) {
      envelopeSize += piece.length;
      if (envelopeSize > largestEnvelope) return outOfMemory;
      if (envelope.take(piece) !== 'open') break;
    }
  } catch {
    return endedEarly;
  }
  const read = envelope.envelope();
  if (read === undefined) return typeof envelope.state === 'number' ? envelope.state : endedEarly;
  const head = `${size}:`;
  const addresses = `,${[read.sender, ...read.recipients].map(netstring).join('')}`;
  const length = head.length + size + addresses.length;
  return [octets(`${length}:${head}`), ...message, octets(`${addresses},`)];
}

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
