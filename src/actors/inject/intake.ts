/**
 * One message on its way into the queue, in qmail-queue's terms: takes message and envelope in pieces, puts the
 * Received line on top, keeps the body in memory or, above the spill limit, in a body file. Used by the
 * node for run/queue.sock and by qmail-queue itself while no node runs.
 */
import { formatDate } from '../../protocol/date.js';
import { EnvelopeReader, endedEarly } from '../../protocol/queue-envelope.js';
import { invokedBy, queueReceived } from '../../protocol/received.js';
import type { ClosedBody } from '../../store/body-file.js';
import { queueUsers } from '../../store/queue-users.js';
import type { Submission, Submitted } from '../messages.js';

/** A body too large for memory while it is written (store/body-file.ts). */
export interface BodyWriter {
  readonly name: string;
  /** A promise means: wait before the next. */
  write(chunk: Uint8Array): Promise<void> | undefined;
  close(): Promise<ClosedBody>;
  discard(): Promise<void>;
}

export interface IntakeOptions {
  /** Real uid of the program that hands the message over; only informative. */
  readonly uid: number;
  /** Its process number: the `qp` of the log. */
  readonly qp: number;
  /** Seconds since 1970. */
  readonly now: number;
  /** Octets from which on the body is a file. */
  readonly spillLimit: number;
  readonly createBodyFile: () => Promise<BodyWriter>;
}

/** qmail-queue's exit code and, for a failure, a line for people. */
export interface Verdict {
  readonly code: number;
  readonly text: string;
}

/** Octets of envelope that one message may have: a million recipients of usual length. */
const largestEnvelope = 64 * 1024 * 1024;
/** Pieces below this are copied together into pages; octets. */
const smallPiece = 4_096;
const pageSize = 16_384;
const outOfMemory = 51;
const cannotWrite = 53;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #envelope = new EnvelopeReader();
  #envelopeOctets = 0;
  #chunks: Uint8Array[] = [];
  /** Small pieces are copied together: a piece of one octet is not worth an object. The last of the chunks. */
  #page: Buffer = Buffer.alloc(0);
  #pageUsed = 0;
  #size = 0;
  #file: BodyWriter | undefined;
  #failure: Verdict | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { qp, uid, now } = options;
    const line = Buffer.from(queueReceived(qp, invokedBy('inject', uid, queueUsers()), formatDate(now), '\n'), 'latin1');
    this.#chunks.push(line);
    this.#size = line.length;
  }

  /** What is wrong so far; undefined while all is well. */
  get failure(): Verdict | undefined {
    return this.#failure;
  }

  /** Takes octets of the message; they must not change afterwards. */
  async message(chunk: Uint8Array): Promise<void> {
    if (this.#failure !== undefined || chunk.length === 0) return;
    this.#size += chunk.length;
    try {
      if (this.#file !== undefined) await this.#file.write(chunk);
      else if (this.#size <= this.#options.spillLimit) this.#keep(chunk);
      else await this.#spill(chunk);
    } catch (error) {
      this.#failure = { code: cannotWrite, text: `cannot write the message: ${textOf(error)}` };
    }
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length >= smallPiece) {
      this.#page = Buffer.alloc(0);
      this.#pageUsed = 0;
      this.#chunks.push(chunk);
      return;
    }
    if (this.#pageUsed + chunk.length > this.#page.length) {
      this.#page = Buffer.allocUnsafe(pageSize);
      this.#pageUsed = 0;
      this.#chunks.push(this.#page.subarray(0, 0));
    }
    this.#page.set(chunk, this.#pageUsed);
    this.#pageUsed += chunk.length;
    this.#chunks[this.#chunks.length - 1] = this.#page.subarray(0, this.#pageUsed);
  }

  async #spill(chunk: Uint8Array): Promise<void> {
    const file = await this.#options.createBodyFile();
    this.#file = file;
    for (const kept of this.#chunks) await file.write(kept);
    this.#chunks = [];
    await file.write(chunk);
  }

  envelope(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    this.#envelopeOctets += chunk.length;
    if (this.#envelopeOctets > largestEnvelope) {
      this.#failure = { code: outOfMemory, text: `the envelope is larger than ${largestEnvelope} octets` };
      return;
    }
    const state = this.#envelope.take(chunk);
    if (state === 'open' || state === 'complete') return;
    this.#failure = {
      code: state,
      text: state === 11 ? 'an address is longer than 1002 octets' : 'the envelope has a wrong form',
    };
  }

  /** True when the envelope's last NUL was seen: nothing more needs to be read. */
  get envelopeComplete(): boolean {
    return this.#envelope.state === 'complete';
  }

  /** Asks the queue to keep it. Only a verdict with code 0 means that it is kept. */
  async commit(submit: (submission: Submission) => Promise<Submitted>): Promise<Verdict> {
    const envelope = this.#envelope.envelope();
    if (this.#failure === undefined && envelope === undefined) {
      this.#failure = { code: endedEarly, text: 'the envelope ended early' };
    }
    if (this.#failure !== undefined || envelope === undefined) return this.#givenUp();
    const { uid, qp } = this.#options;
    let closed: ClosedBody | undefined;
    try {
      closed = await this.#file?.close();
    } catch (error) {
      this.#failure = { code: cannotWrite, text: `cannot write the message: ${textOf(error)}` };
      return this.#givenUp();
    }
    const body =
      this.#file === undefined || closed === undefined
        ? { bytes: joined(this.#chunks, this.#size) }
        : { file: this.#file.name, checksum: closed.checksum };
    const submitted = await submit({
      origin: 'inject',
      uid,
      qp,
      envelope,
      form: 'unix',
      ...body,
      size: this.#size,
      unixSize: this.#size,
    });
    if (submitted.tag === 'accepted') return { code: 0, text: '' };
    this.#failure = { code: cannotWrite, text: submitted.text };
    // Whether the store kept it nobody knows: its file stays until the sweep sees that no message names it.
    if (submitted.why === 'storage') this.#file = undefined;
    return this.#givenUp();
  }

  /** Forgets the message; its body file goes. */
  async discard(): Promise<void> {
    this.#chunks = [];
    const file = this.#file;
    this.#file = undefined;
    // What cannot be removed now, the sweep removes.
    await file?.discard().catch(() => undefined);
  }

  async #givenUp(): Promise<Verdict> {
    await this.discard();
    return this.#failure ?? { code: cannotWrite, text: 'given up' };
  }
}

/** All chunks in one array that owns its octets. */
function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
