/**
 * A message on its way to the queue of a call, piece by piece: to `$QMAILQUEUE` when that is set, else to the running
 * node or into the store. For commands that receive mail and speak with a client meanwhile.
 */

import { resolve } from 'node:path';
import type { Verdict } from '../../actors/inject/intake.js';
import type { QueueAnswer } from '../../actors/spawn/queue-program.js';
import type { Envelope } from '../../protocol/mail.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import type { Call } from '../call.js';
import { textEnvironment } from '../octets.js';
import type { Destination } from './destination.js';

export type { QueueAnswer };

/** Ends with `commit` or `abandon`; only an answer with an empty text means that the message is kept. */
export interface QueueHandOver {
  /** Octets of the message in unix form; they must not change afterwards. */
  write(piece: Uint8Array): Promise<void>;
  commit(envelope: Envelope): Promise<QueueAnswer>;
  /** The queue has refused already: the rest of the message need not be written. */
  readonly settled: boolean;
  abandon(): Promise<void>;
}

/** Octets kept back: the queue is not held open for a slow client, unless the message is large. */
const mostKeptBack = 1_048_576;

/** `$QMAILQUEUE` of the call counts from the home. */
export async function queueHandOver(call: Call): Promise<QueueHandOver> {
  const program = call.env.get('QMAILQUEUE');
  if (program === undefined || program === '') return new OwnHandOver(call);
  const { QueueProgram } = await import('../../actors/spawn/queue-program.js');
  return new QueueProgram({
    program: resolve(call.home, Buffer.from(program, 'latin1').toString()),
    home: call.home,
    env: textEnvironment(call.env),
    stderr: call.descriptor(2),
  });
}

/** The queue while it is open for this message. */
interface Opened {
  /** Undefined: the queue cannot be used, and `verdict` says why. */
  readonly destination: Promise<Destination | undefined>;
  readonly verdict: Promise<Verdict>;
  finish(verdict: Verdict | Promise<Verdict>): void;
}

class OwnHandOver implements QueueHandOver {
  readonly #call: Call;
  #keptBack: Uint8Array[] = [];
  #octets = 0;
  #opened: Opened | undefined;
  #refused = false;

  constructor(call: Call) {
    this.#call = call;
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#octets += piece.length;
    if (this.#opened !== undefined) {
      const destination = await this.#opened.destination;
      await destination?.message(piece);
      this.#refused = destination === undefined || destination.early() !== undefined;
    } else {
      this.#keptBack.push(piece);
      if (this.#octets > mostKeptBack) await this.#open();
    }
  }

  async commit(envelope: Envelope): Promise<QueueAnswer> {
    const opened = this.#opened ?? (await this.#open());
    const destination = await opened.destination;
    if (destination !== undefined) {
      await destination.envelope(Buffer.from(envelopeText(envelope), 'latin1'));
      opened.finish(destination.commit());
    }
    const verdict = await opened.verdict;
    return { text: queueText({ code: verdict.code, custom: '' }), qp: process.pid, detail: verdict.text };
  }

  get settled(): boolean {
    return this.#refused;
  }

  async abandon(): Promise<void> {
    this.#keptBack = [];
    const opened = this.#opened;
    const destination = await opened?.destination;
    if (opened === undefined || destination === undefined) return;
    await destination.abandon();
    opened.finish({ code: 0, text: '' });
    await opened.verdict;
  }

  async #open(): Promise<Opened> {
    const { enqueue } = await import('./enqueue.js');
    let finish: Opened['finish'] = () => undefined;
    const finished = new Promise<Verdict>((settle) => {
      finish = settle;
    });
    let verdict: Promise<Verdict> | undefined;
    const destination = new Promise<Destination | undefined>((settle, fail) => {
      verdict = enqueue(this.#call.home, (found) => {
        settle(found);
        return finished;
      });
      verdict.then(() => settle(undefined), fail);
    });
    const opened = { destination, verdict: verdict as unknown as Promise<Verdict>, finish };
    this.#opened = opened;
    const kept = this.#keptBack;
    this.#keptBack = [];
    for (const piece of kept) await (await destination)?.message(piece);
    return opened;
  }
}
