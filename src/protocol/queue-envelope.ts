/**
 * The envelope as qmail-queue reads it from descriptor 1: `F` sender NUL, `T` recipient NUL …, one NUL more
 * (spec queue.md §1). Takes it in pieces; knows nothing of where it comes from.
 */
import { copyOf, toByteString } from './bytes.js';
import { type ByteString, type Envelope, maxAddressLength } from './mail.js';

/** qmail-queue's exit codes for a faulty envelope (spec queue.md §1.1). */
export const addressTooLong = 11;
export const endedEarly = 54;
export const envelopeMalformed = 91;

const letterF = 70;
const letterT = 84;

/**
 * `open`: more is wanted. `complete`: the last NUL was seen, what follows does not count. Else the exit code
 * of what is wrong; it stays.
 */
export type EnvelopeState = 'open' | 'complete' | typeof addressTooLong | typeof envelopeMalformed;

export class EnvelopeReader {
  #state: EnvelopeState = 'open';
  /** Octets of the record now open, its letter included; empty between records. */
  #kept: Uint8Array = new Uint8Array(0);
  #sender: ByteString | undefined;
  readonly #recipients: ByteString[] = [];

  get state(): EnvelopeState {
    return this.#state;
  }

  /** Only a complete envelope counts: undefined before. */
  envelope(): Envelope | undefined {
    if (this.#state !== 'complete' || this.#sender === undefined) return undefined;
    return { sender: this.#sender, recipients: this.#recipients };
  }

  /** Takes the next octets, however they are cut. */
  take(chunk: Uint8Array): EnvelopeState {
    let at = 0;
    if (this.#kept.length > 0 && this.#state === 'open') at = this.#joined(chunk);
    while (at < chunk.length && this.#state === 'open') {
      const end = chunk.indexOf(0, at);
      const record = chunk.subarray(at, end < 0 ? chunk.length : end);
      this.#record(record, end >= 0);
      at += record.length + 1;
    }
    return this.#state;
  }

  /** Ends the record that an earlier chunk began; returns where this chunk goes on. */
  #joined(chunk: Uint8Array): number {
    const end = chunk.indexOf(0);
    // No more is kept than shows that the address is too long.
    const more = chunk.subarray(0, Math.min(end < 0 ? chunk.length : end, maxAddressLength + 2));
    const record = new Uint8Array(this.#kept.length + more.length);
    record.set(this.#kept);
    record.set(more, this.#kept.length);
    this.#kept = new Uint8Array(0);
    this.#record(record, end >= 0);
    return end < 0 ? chunk.length : end + 1;
  }

  #record(record: Uint8Array, ended: boolean): void {
    if (record.length === 0) {
      // Between records a NUL ends the envelope, but not before there is a sender.
      if (ended) this.#state = this.#sender === undefined ? envelopeMalformed : 'complete';
      return;
    }
    if (record[0] !== (this.#sender === undefined ? letterF : letterT)) this.#state = envelopeMalformed;
    else if (record.length - 1 > maxAddressLength) this.#state = addressTooLong;
    else if (!ended) this.#kept = copyOf(record);
    else this.#address(toByteString(record, 1));
  }

  #address(address: ByteString): void {
    if (this.#sender === undefined) this.#sender = address;
    else this.#recipients.push(address);
  }
}

/** Octets of the whole envelope, final NUL included. */
export function envelopeText({ sender, recipients }: Envelope): ByteString {
  return `F${sender}\0${recipients.map((recipient) => `T${recipient}\0`).join('')}\0`;
}
