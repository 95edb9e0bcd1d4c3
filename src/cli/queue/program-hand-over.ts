/**
 * A message on its way to `$QMAILQUEUE`, piece by piece: message to descriptor 0 of that program, envelope to descriptor 1,
 * its own words from descriptor 6 (spec queue.md §1.1, §1.3).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Writable } from 'node:stream';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import type { Call } from '../call.js';
import { textEnvironment } from '../octets.js';
import type { QueueAnswer, QueueHandOver } from './hand-over.js';

const mostCustom = 4096;
const cannotRun = 120;
const readError = 54;

export class ProgramHandOver implements QueueHandOver {
  readonly #child: ChildProcess;
  readonly #message: Writable;
  readonly #envelope: Writable;
  /** Its exit code; undefined when a signal killed it. */
  readonly #ended: Promise<number | undefined>;
  #custom: ByteString = '';
  #over = false;
  /** It left without reading what it was given. */
  #unread = false;

  constructor(program: string, call: Call) {
    const stdio = ['pipe', 'pipe', call.descriptor(2), 'ignore', 'ignore', 'ignore', 'pipe'] as const;
    const child = spawn(program, [], { cwd: call.home, env: textEnvironment(call.env), stdio: [...stdio] });
    this.#child = child;
    this.#message = child.stdin as unknown as Writable;
    this.#envelope = child.stdout as unknown as Writable;
    for (const stream of [this.#message, this.#envelope])
      stream.on('error', () => {
        this.#unread = true;
      });
    // Nothing is read from it, but its end must be noticed.
    child.stdout?.resume();
    const six = (child.stdio as readonly unknown[])[6] as Duplex | undefined;
    six?.setEncoding('latin1').on('data', (text: string) => {
      if (this.#custom.length < mostCustom) this.#custom += text;
    });
    this.#ended = new Promise((settle) => {
      child.once('error', () => settle(cannotRun));
      child.once('close', (code, signal) => settle(signal === null ? (code ?? cannotRun) : undefined));
    });
    void this.#ended.then(() => {
      this.#over = true;
    });
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#over || this.#message.destroyed || this.#message.write(piece)) return;
    await Promise.race([this.#ended, new Promise((settle) => this.#message.once('drain', settle))]);
  }

  async commit(envelope: Envelope): Promise<QueueAnswer> {
    this.#message.end();
    this.#envelope.end(Buffer.from(envelopeText(envelope), 'latin1'));
    const ended = await this.#ended;
    const code = ended === 0 && this.#unread ? readError : ended;
    return { text: queueText({ code, custom: this.#custom }), qp: this.#child.pid ?? process.pid };
  }

  /** It sees an envelope that ends at once, and gives up. */
  async abandon(): Promise<void> {
    this.#message.destroy();
    this.#envelope.destroy();
    await this.#ended;
  }
}
