/**
 * One socket of the sink and what rules do to it: hold it, read it slowly, leave it half open, cut it.
 * Moves octets; knows no protocol.
 */
import { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Connected } from '../net/connected.js';
import { readInto } from '../net/read-into.js';

/** Replies that the client has not read before its commands are left unread. */
const mostUnread = 65_536;
/** Longest wait for a slow reader's next turn. */
const longestTurnMs = 60_000;

export class Wire {
  readonly client: string;
  /** Nothing more is read or written. */
  over = false;
  #socket: Connected;
  readonly #bytes: (chunk: Buffer) => void;
  /** Reasons for not reading. */
  #held = false;
  #asking = false;
  #unread = false;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Timeout | undefined;
  /** Octets a second; 0 = as they come. */
  #slow = 0;

  /** `bytes` gets views that are valid during the call only. Nothing is read before `start`. */
  constructor(socket: Connected, bytes: (chunk: Buffer) => void) {
    this.#socket = socket;
    this.#bytes = bytes;
    this.client = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    readInto(socket, (chunk) => {
      if (this.over) return;
      if (this.#slow > 0) this.#rest(chunk.length);
      bytes(chunk);
    });
    this.#follow(socket);
    socket.on('close', () => {
      this.over = true;
      clearTimeout(this.#timer);
      clearTimeout(this.#turn);
    });
  }

  #follow(socket: Connected): void {
    socket.on('drain', () => {
      this.#unread = false;
      this.#resume();
    });
    socket.on('end', () => this.end());
  }

  /** What was written goes out as it is; from then on all is TLS, with this end as the server. */
  secure(context: SecureContext): void {
    if (this.over) return;
    const plain = this.#socket;
    // A listener that offers TLS takes Node's own sockets.
    if (!(plain instanceof Socket)) {
      this.cut();
      return;
    }
    const socket = new TLSSocket(plain, { isServer: true, secureContext: context });
    this.#socket = socket;
    this.#unread = false;
    socket.on('data', (chunk: Buffer) => {
      if (this.over) return;
      if (this.#slow > 0) this.#rest(chunk.length);
      this.#bytes(chunk);
    });
    // A client that speaks no TLS, or none that we know, is gone; nothing was taken from it.
    socket.on('error', () => plain.destroy());
    this.#follow(socket);
  }

  start(): void {
    this.#resume();
  }

  write(bytes: string): void {
    if (this.over || bytes === '') return;
    this.#socket.write(bytes, 'latin1');
    if (this.#socket.writableLength <= mostUnread) return;
    this.#unread = true;
    this.#socket.pause();
  }

  /** Reads no more for so many milliseconds, then calls `then`. */
  hold(ms: number, then: () => void): void {
    this.#held = true;
    this.#socket.pause();
    this.#timer = setTimeout(() => {
      this.#held = false;
      if (this.over) return;
      then();
      this.#resume();
    }, ms);
  }

  /** Reads no more until what was asked is answered, then goes on and calls `then`; never when the connection is over by then. */
  await<Answer>(ask: (answered: (answer: Answer) => void) => void, then: (answer: Answer) => void): void {
    this.#asking = true;
    this.#socket.pause();
    ask((answer) => {
      if (this.over) return;
      this.#asking = false;
      // Before what follows, which may ask or hold again.
      this.#resume();
      then(answer);
    });
  }

  slow(perSecond: number): void {
    this.#slow = perSecond;
  }

  /** Half open from now on: the client finds a connection that says nothing. */
  stall(): void {
    this.over = true;
    this.#socket.pause();
  }

  cut(): void {
    this.over = true;
    this.#socket.destroy();
  }

  /** Ends in good order, once all is written. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.#socket.end();
    // What a client still sends must be read, or the system would answer it with a reset.
    this.#socket.resume();
  }

  #rest(octets: number): void {
    clearTimeout(this.#turn);
    this.#socket.pause();
    const ms = Math.min(longestTurnMs, (octets / this.#slow) * 1000);
    this.#turn = setTimeout(() => {
      this.#turn = undefined;
      this.#resume();
    }, ms);
  }

  #resume(): void {
    if (!this.over && !this.#held && !this.#asking && !this.#unread && this.#turn === undefined) this.#socket.resume();
  }
}
