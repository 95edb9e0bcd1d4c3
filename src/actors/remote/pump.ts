/**
 * Moves the bytes of one SMTP connection: connects to one address, writes what it is given in few
 * system calls, bounded in memory, and watches the time. It understands nothing of SMTP.
 */
import { connect, type Socket } from 'node:net';
import type { ByteString } from '../../protocol/mail.js';
import type { Connected } from '../net/connected.js';
import { readInto } from '../net/read-into.js';
import { leanConnection } from '../net/take-handle.js';
import type { Deadlines, Watched } from './deadlines.js';
import { abandonGathered, gather } from './gather.js';

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

/** Most octets given to the kernel at once; also the step in which a long write shows that it moves. */
const maxWrite = 262_144;
/** Seconds that the peer gets to take QUIT and close. */
const lingerFor = 10;

export class Pump implements Watched {
  deadline = Number.POSITIVE_INFINITY;
  readonly #owner: PumpOwner;
  readonly #options: PumpOptions;
  /** Until it is connected Node's own. */
  #socket: Connected;
  readonly #queue: (ByteString | Uint8Array)[] = [];
  /** The kernel has not taken everything yet. */
  #blocked = false;
  #flushed: (() => void) | undefined;
  #state: 'connecting' | 'open' | 'closing' | 'ended' = 'connecting';
  /** This side is closed, and the peer has it. */
  #finished = false;
  #closed = false;
  #whenClosed: (() => void) | undefined;

  constructor(owner: PumpOwner, options: PumpOptions) {
    this.#owner = owner;
    this.#options = options;
    const socket = connect({ host: options.address, port: options.port, noDelay: true });
    this.#socket = socket;
    socket.pause();
    socket.on('connect', () => this.#connected(socket));
    socket.on('error', () => this.#end(this.#state === 'connecting' ? 'unreached' : 'lost'));
    socket.on('close', () => this.#gone());
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
      if (!this.#blocked) this.#socket.write('', 'latin1', () => this.#drained());
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
    if (this.#closed) return;
    const closed = new Promise<void>((resolve) => {
      this.#whenClosed = resolve;
    });
    if (this.#state === 'closing' && !this.#finished) this.#socket.once('finish', () => this.#end('lost'));
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

  #connected(socket: Socket): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.expect(true);
    this.#follow(leanConnection(socket));
    this.#owner.connected();
  }

  #follow(connected: Connected): void {
    if (connected !== this.#socket) connected.on('close', () => this.#gone());
    this.#socket = connected;
    connected.on('drain', () => this.#drained());
    connected.on('end', () => this.#end('lost'));
    connected.on('finish', () => {
      this.#finished = true;
    });
    readInto(connected, (bytes) => this.#received(bytes));
    connected.resume();
  }

  #received(bytes: Buffer): void {
    if (this.#state !== 'open') return;
    this.#progress();
    this.#owner.received(bytes);
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

  /** Writes until the kernel takes no more; small pieces together. */
  #flush(): void {
    const queue = this.#queue;
    let taken = 0;
    while (taken < queue.length && !this.#blocked && this.#state !== 'ended') {
      const { octets, pieces } = gather(queue, taken, maxWrite);
      if (pieces === 0) queue[taken] = (queue[taken] as Uint8Array).subarray(octets.length);
      taken += pieces;
      this.#blocked = !this.#socket.write(octets, 'latin1');
      if (this.#socket.writableLength > 0) abandonGathered(octets);
    }
    if (taken === queue.length) queue.length = 0;
    else queue.splice(0, taken);
  }

  #end(why: PumpEnd): void {
    if (this.#state === 'ended') return;
    const told = this.#state !== 'closing';
    this.#state = 'ended';
    this.#release();
    if (told) this.#owner.ended(why);
  }

  #gone(): void {
    this.#closed = true;
    this.#end('lost');
    this.#whenClosed?.();
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
