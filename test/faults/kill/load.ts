/**
 * Senders that go on whatever happens to the server: each sends one numbered message after another to two
 * recipients, connects again when it was cut off, and tells which messages were answered with 250.
 */
import { connect, type Socket } from 'node:net';
import { localRecipient, remoteRecipient } from '../../support/server-home.js';
import { numbered } from './numbered.js';

export interface LoadOptions {
  readonly port: number;
  readonly senders: number;
  readonly accepted: (n: number) => void;
  /** True while the server has enough to do. */
  readonly hold: () => boolean;
}

const retryMs = 20;

export class Load {
  readonly #options: LoadOptions;
  readonly #sockets = new Set<Socket>();
  #next = 0;
  #stopped = false;
  #running = 0;
  #allDone: (() => void) | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    for (let i = 0; i < options.senders; i += 1) this.#connect();
  }

  /** Messages that were begun. */
  get begun(): number {
    return this.#next;
  }

  /** Each sender ends after the message it is at; resolves when all have. */
  stop(): Promise<void> {
    this.#stopped = true;
    return new Promise((resolve) => {
      this.#allDone = resolve;
      this.#check();
    });
  }

  #check(): void {
    if (this.#stopped && this.#running === 0) this.#allDone?.();
  }

  #connect(): void {
    if (this.#stopped) {
      this.#check();
      return;
    }
    this.#running += 1;
    const socket = connect(this.#options.port, '127.0.0.1');
    this.#sockets.add(socket);
    // A server that was killed may leave a connection that nobody will ever answer.
    socket.setTimeout(20_000, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#running -= 1;
      this.#sockets.delete(socket);
      setTimeout(() => this.#connect(), retryMs);
    });
    this.#converse(socket);
  }

  /** One step a reply; any refusal ends the connection. */
  #converse(socket: Socket): void {
    let n = -1;
    const begin = (): void => {
      if (this.#stopped) return void socket.end('QUIT\r\n');
      if (this.#options.hold()) return void setTimeout(begin, retryMs);
      n = this.#next;
      this.#next += 1;
      socket.write(`MAIL FROM:<>\r\nRCPT TO:<${localRecipient}>\r\nRCPT TO:<${remoteRecipient}>\r\nDATA\r\n`);
    };
    const steps: readonly (readonly [RegExp, () => void])[] = [
      [/^220 /, () => socket.write('EHLO load.test\r\n')],
      [/^250[ -]/, begin],
      [/^250 /, () => undefined],
      [/^250 /, () => undefined],
      [/^250 /, () => undefined],
      [/^354 /, () => socket.write(Buffer.concat([numbered(n), Buffer.from('.\r\n')]))],
      [/^250 /, () => this.#options.accepted(n)],
    ];
    let step = 0;
    let kept = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      const lines = (kept + text).split('\r\n');
      kept = lines.pop() ?? '';
      for (const line of lines) {
        if (/^\d{3}-/.test(line)) continue;
        const [wanted, act] = steps[step] ?? [/^$/, () => undefined];
        if (!wanted.test(line)) return void socket.destroy();
        act();
        step += 1;
        if (step < steps.length) continue;
        step = 2;
        begin();
      }
    });
  }
}
