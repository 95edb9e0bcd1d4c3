/**
 * A message on its way to another program in place of the queue (`$QMAILQUEUE`): message to its descriptor 0, envelope to
 * its descriptor 1, its own words from its descriptor 6 (spec queue.md §1.1, §1.3). An envelope that ends early tells it
 * to keep nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Duplex, Writable } from 'node:stream';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import { nowhere } from './nowhere.js';

export interface QueueProgramCall {
  /** Its path; a relative one counts from `home`. */
  readonly program: string;
  /** Its working folder. */
  readonly home: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The descriptor that is its error output. */
  readonly stderr: number;
}

export interface QueueAnswer {
  /** Empty: queued. Else `D` (never) or `Z` (not now) and qmail's words (spec queue.md §1.2). */
  readonly text: ByteString;
  /** The number of the process that took it, as a client is told it; 0 when there was none. */
  readonly qp: number;
  /** More for people, where the own queue refused; may be empty. */
  readonly detail: string;
}

const mostCustom = 4096;
const cannotRun = 120;
const readError = 54;

export class QueueProgram {
  readonly #child: ChildProcess;
  readonly #message: Writable;
  readonly #envelope: Writable;
  /** Its exit code; undefined when a signal killed it. */
  readonly #ended: Promise<number | undefined>;
  #custom: ByteString = '';
  #over = false;
  /** It left without reading what it was given. */
  #unread = false;

  constructor({ program, home, env, stderr }: QueueProgramCall) {
    const stdio = ['pipe', 'pipe', stderr, 'ignore', 'ignore', 'ignore', 'pipe'] as const;
    // A program of one's own needs no home of ours.
    const child = spawn(program, [], { cwd: existsSync(home) ? home : '/', env, stdio: [...stdio] });
    this.#child = child;
    this.#message = child.stdin ?? nowhere();
    this.#envelope = (child.stdout as Writable | null | undefined) ?? nowhere();
    for (const stream of [this.#message, this.#envelope])
      stream.on('error', () => {
        this.#unread = true;
      });
    // Nothing is read from it, but its end must be noticed.
    child.stdout?.resume();
    const six = (child.stdio as readonly unknown[] | undefined)?.[6] as Duplex | undefined;
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

  /** Octets of the message in unix form; they must not change afterwards. */
  async write(piece: Uint8Array): Promise<void> {
    if (this.#over || this.#message.destroyed || this.#message.write(piece)) return;
    await Promise.race([this.#ended, new Promise((settle) => this.#message.once('drain', settle))]);
  }

  async commit(envelope: Envelope): Promise<QueueAnswer> {
    this.#message.end();
    this.#envelope.end(Buffer.from(envelopeText(envelope), 'latin1'));
    const ended = await this.#ended;
    const code = ended === 0 && this.#unread ? readError : ended;
    return { text: queueText({ code, custom: this.#custom }), qp: this.#child.pid ?? 0, detail: '' };
  }

  /** It ended: nothing more is read. */
  get settled(): boolean {
    return this.#over;
  }

  /** It sees an envelope that ends at once, and gives up. */
  async abandon(): Promise<void> {
    this.#message.destroy();
    this.#envelope.destroy();
    await this.#ended;
  }

  /** Ends it, whatever it does; `commit` then answers that it crashed. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
