/**
 * Moves the bytes of one SMTP connection: connects to one address, writes what it is given in few
 * system calls, bounded in memory, and watches the time. It understands nothing of SMTP.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ByteString } from '../../protocol/mail.js';
import type { Deadlines, Watched } from './deadlines.js';

/**
 * `unreached`: no connection. `timeout`: no connection in time. `lost`: the peer ended it or it broke.
 * `stalled`: nothing moved in time.
 */
export type PumpEnd = 'unreached' | 'timeout' | 'lost' | 'stalled';

export interface PumpOwner {
  connected(): void;
  /** The bytes are valid until the call returns. */
  received(bytes: Buffer): void;
  /** Once, and nothing after it. */
  ended(why: PumpEnd): void;
}

export interface PumpOptions {
  readonly address: string;
  readonly port: number;
  /** Seconds. */
  readonly timeoutconnect: number;
  /** Seconds without any progress while something is awaited. */
  readonly timeoutremote: number;
  readonly deadlines: Deadlines;
}

const readSize = 4096;
/** Most octets given to the kernel at once; also the step in which a long write shows that it moves. */
const maxWrite = 262_144;
/** Seconds that the peer gets to take QUIT and close. */
const lingerFor = 10;

export class Pump implements Watched {
  deadline = Number.POSITIVE_INFINITY;
  readonly #owner: PumpOwner;
  readonly #options: PumpOptions;
  readonly #socket: Socket;
  readonly #queue: (ByteString | Uint8Array)[] = [];
  /** The kernel has not taken everything yet. */
  #blocked = false;
  #flushed: (() => void) | undefined;
  #state: 'connecting' | 'open' | 'closing' | 'ended' = 'connecting';

  constructor(owner: PumpOwner, options: PumpOptions) {
    this.#owner = owner;
    this.#options = options;
    const buffer = Buffer.allocUnsafeSlow(readSize);
    const callback = (count: number): boolean => {
      this.#received(buffer, count);
      return true;
    };
    this.#socket = connect({ host: options.address, port: options.port, noDelay: true, onread: { buffer, callback } });
    this.#socket.on('connect', () => this.#connected());
    this.#socket.on('drain', () => this.#drained());
    this.#socket.on('error', () => this.#end(this.#state === 'connecting' ? 'unreached' : 'lost'));
    this.#socket.on('end', () => this.#end('lost'));
    this.#socket.on('close', () => this.#end('lost'));
    options.deadlines.watch(this);
    this.deadline = options.deadlines.after(options.timeoutconnect);
  }

  /** Says whether the peer owes something; while it does not, no time limit runs. */
  expect(reply: boolean): void {
    this.deadline = reply ? this.#options.deadlines.after(this.#options.timeoutremote) : Number.POSITIVE_INFINITY;
  }

  /** Sends the pieces in order. Byte arrays must not change until they are out (`flushed`). */
  send(pieces: readonly (ByteString | Uint8Array)[]): void {
    for (const piece of pieces) this.#queue.push(piece);
    if (!this.#blocked) this.#flush();
  }

  /** Resolves once everything sent so far has left, or the connection has ended. One caller at a time. */
  flushed(): Promise<void> {
    if (this.#state !== 'open' || (!this.#blocked && this.#socket.writableLength === 0)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushed = resolve;
      if (!this.#blocked) this.#socket.write('', () => this.#drained());
    });
  }

  /** Sends what is queued, closes this side and gives the peer a moment; no event follows. */
  finish(): void {
    if (this.#state === 'closing') return;
    if (this.#state !== 'open' || this.#queue.length > 0) {
      this.abort();
      return;
    }
    this.#state = 'closing';
    this.#socket.end();
    this.#socket.unref();
    this.deadline = this.#options.deadlines.after(lingerFor);
  }

  /** As `finish`, without a moment for the peer; resolves when the socket is closed. */
  async hangUp(): Promise<void> {
    this.finish();
    const socket = this.#socket;
    if (socket.closed) return;
    const closed = once(socket, 'close');
    if (this.#state === 'closing' && !socket.writableFinished) socket.once('finish', () => this.#end('lost'));
    else this.#end('lost');
    await closed;
  }

  /** Drops the connection now; no event follows. */
  abort(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#release();
  }

  expired(): void {
    this.#end(this.#state === 'connecting' ? 'timeout' : 'stalled');
  }

  #connected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.expect(true);
    this.#owner.connected();
  }

  #received(buffer: Buffer, count: number): void {
    if (this.#state !== 'open') return;
    this.#progress();
    this.#owner.received(buffer.subarray(0, count));
  }

  #drained(): void {
    this.#blocked = false;
    this.#progress();
    if (this.#state === 'open') this.#flush();
    if (this.#blocked) return;
    this.#flushed?.();
    this.#flushed = undefined;
  }

  #progress(): void {
    if (this.deadline !== Number.POSITIVE_INFINITY && this.#state === 'open') this.expect(true);
  }

  /** All pieces up to the limit leave in one system call; the rest when that has left. */
  #flush(): void {
    const queue = this.#queue;
    let room = maxWrite;
    let ready = true;
    let taken = 0;
    this.#socket.cork();
    for (; taken < queue.length && room > 0; taken++) {
      const piece = queue[taken];
      if (piece === undefined) break;
      if (piece.length > room && typeof piece !== 'string') {
        ready = this.#socket.write(piece.subarray(0, room));
        queue[taken] = piece.subarray(room);
        break;
      }
      ready = typeof piece === 'string' ? this.#socket.write(piece, 'latin1') : this.#socket.write(piece);
      room -= piece.length;
    }
    this.#socket.uncork();
    if (taken === queue.length) queue.length = 0;
    else queue.splice(0, taken);
    // A full step is far above the socket's high-water mark, so whatever was left here waits for `drain`.
    this.#blocked = !ready;
  }

  #end(why: PumpEnd): void {
    if (this.#state === 'ended') return;
    const told = this.#state !== 'closing';
    this.#state = 'ended';
    this.#release();
    if (told) this.#owner.ended(why);
  }

  #release(): void {
    this.deadline = Number.POSITIVE_INFINITY;
    this.#options.deadlines.unwatch(this);
    this.#socket.destroy();
    this.#queue.length = 0;
    this.#flushed?.();
    this.#flushed = undefined;
  }
}
