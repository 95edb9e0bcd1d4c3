/**
 * The delivery child of one user: takes deliveries as frames, runs several at a time, answers with
 * reports. It has the user's uid and trusts nothing but lspawnd, which started it.
 */
import type { Readable, Writable } from 'node:stream';
import { internalOutcome } from '../../protocol/local-report.js';
import { deliveredName } from '../../protocol/mailbox/maildir.js';
import type { Body } from '../../store/queue-store.js';
import { unixMessage } from '../../store/unix-message.js';
import type { LocalReport } from '../messages.js';
import { gatherWrite } from '../spawn/gather.js';
import { type Frame, FrameReader } from '../spawn/lspawnd-frames.js';
import { decodeDelivery, decodePiece, encodeReport, encodeTaken, type WireDelivery } from '../spawn/lspawnd-messages.js';
import { deliverLocal } from './deliver.js';
import { localIo } from './io.js';
import { ReceivedBody } from './received-body.js';
import type { LocalIo } from './request.js';

export interface ChildStreams {
  readonly input: Readable;
  readonly output: Writable;
}

class ChildLoop {
  readonly #output: Writable;
  readonly #io: (hostname: string) => LocalIo;
  /** Bodies that are still arriving, by delivery. */
  readonly #arriving = new Map<number, ReceivedBody>();

  constructor(output: Writable, io: (hostname: string) => LocalIo) {
    this.#output = output;
    this.#io = io;
  }

  /** False when the frame makes no sense. */
  take(frame: Frame): boolean {
    if (frame.kind === 'D') {
      const delivery = decodeDelivery(frame.payload);
      if (delivery === undefined) return false;
      void this.#start(delivery);
      return true;
    }
    const piece = decodePiece(frame.payload);
    if (piece === undefined || (frame.kind !== 'B' && frame.kind !== 'E')) return false;
    const body = this.#arriving.get(piece.id);
    if (body === undefined) return true;
    if (frame.kind === 'B') void body.add(Buffer.from(piece.bytes)).then(() => gatherWrite(this.#output, encodeTaken(piece.id)));
    else body.end(piece.bytes.toString('latin1') === '1');
    return true;
  }

  async #start(delivery: WireDelivery): Promise<void> {
    let report: LocalReport;
    if (delivery.body !== undefined) {
      // The frame's memory is reused: the body gets its own, unless its conversion makes a copy anyway.
      const bytes = delivery.form === 'wire' ? delivery.body : Buffer.from(delivery.body);
      report = await this.#deliver(delivery, { form: delivery.form, bytes });
    } else {
      const body = new ReceivedBody();
      this.#arriving.set(delivery.id, body);
      const path = await body.whole();
      this.#arriving.delete(delivery.id);
      const unread: LocalReport = { outcomes: [{ status: 'Z', text: 'Unable to read message. (#4.3.0)\n' }] };
      report = path === undefined ? unread : await this.#deliver(delivery, { form: delivery.form, file: path, size: 0 });
      await body.close();
    }
    gatherWrite(this.#output, encodeReport(delivery.id, report));
  }

  #deliver(delivery: WireDelivery, body: Body): Promise<LocalReport> {
    const { birth, nonce, message: id, recipient, hostname, user, home, local, dash, ext, host, sender } = delivery;
    const { defaultDelivery, repeated } = delivery;
    const maildirName = (line: number): string => deliveredName({ birth, nonce, message: id, recipient, line, hostname });
    const message = unixMessage(body);
    // Written out: a copy with further fields would be of another kind for the engine each time.
    const request = { user, home, local, dash, ext, host, sender, defaultDelivery, message, repeated, maildirName };
    return deliverLocal(request, this.#io(hostname)).catch(() => ({ outcomes: [internalOutcome(112)] }));
  }
}

/** Runs until its input ends; resolves then, with programs stopped. `environment` is what programs inherit. */
export function runChildLoop(
  { input, output }: ChildStreams,
  environment: Readonly<Record<string, string>>,
  uid: number,
): Promise<void> {
  const first = localIo(environment, '', uid);
  const loop = new ChildLoop(output, (hostname) => ({ ...first, hostname }));
  const reader = new FrameReader();
  return new Promise((resolve) => {
    const end = (): void => {
      first.programs.stop();
      resolve();
    };
    input.on('data', (chunk: Buffer) => {
      const frames = reader.push(chunk);
      if (frames === 'broken' || reader.broken || !frames.every((frame) => loop.take(frame))) end();
    });
    input.once('end', end);
    input.once('error', end);
    output.once('error', end);
  });
}
