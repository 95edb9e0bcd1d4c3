/**
 * One connection of the source: moves bytes between a socket and an SMTP client session.
 * What is sent and when is the session loop's business.
 */
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { SmtpClientSession } from '../../protocol/smtp/client.js';
import type { SmtpClientEvent, Transaction } from '../../protocol/smtp/session.js';

export interface Target {
  readonly address: string;
  readonly port: number;
  /** TLS from the first octet. */
  readonly tls: boolean;
  /** STARTTLS where it is offered; default false. */
  readonly starttls?: boolean;
  /** Whether the server's certificate must be good; default false, for this is a load test. */
  readonly checkCertificate?: boolean;
  readonly helohost: string;
  /** Milliseconds without a byte after which the connection is given up. */
  readonly timeout: number;
  /** False: one command, one reply, also where the server offers PIPELINING. Default true. */
  readonly pipelining?: boolean;
}

const readBuffer = 8_192;
/** How long a server may take to close a connection that is over. */
const lingerMs = 1_000;
/** Pieces of one turn up to this many octets go out in one write. */
const mostJoined = 131_072;
/** Where they are joined when they fit; a new one when the system did not take the last write at once. */
const usualJoined = 16_384;
let joinHere = Buffer.allocUnsafeSlow(usualJoined);

export class SourceConnection {
  #socket: Socket;
  readonly #target: Target;
  readonly #session: SmtpClientSession;
  readonly #notify: (event: SmtpClientEvent) => void;
  #over = false;
  /** TLS is in force. */
  secure = false;
  /** The socket's own words when it failed. */
  trouble: string | undefined;
  /** The server kept silent for the target's timeout. */
  timedOut = false;

  constructor(target: Target, notify: (event: SmtpClientEvent) => void) {
    const { helohost, address, pipelining = true } = target;
    const starttls = target.starttls === true && !target.tls;
    this.#session = new SmtpClientSession({ helohost, peer: address, greet: 'ehlo', pipelining, starttls });
    this.#target = target;
    this.#notify = notify;
    this.#socket = target.tls ? this.#overTls(target) : this.#plain(target);
    this.#socket.setNoDelay(true);
    this.#follow(this.#socket);
  }

  #follow(socket: Socket): void {
    const { timeout } = this.#target;
    socket.setTimeout(timeout, () => {
      this.timedOut = true;
      this.#ended(`no answer within ${timeout / 1000} s`);
    });
    socket.on('error', (error) => this.#ended(error.message));
    socket.on('close', () => this.#ended(undefined));
    socket.on('end', () => this.#ended(undefined));
  }

  begin(transaction: Transaction): void {
    this.#session.begin(transaction);
    this.#turn();
  }

  quit(): void {
    this.#session.quit();
    this.#turn();
  }

  /** Ends the connection now; what is under way is reported as lost. */
  cut(why: string): void {
    this.#ended(why);
  }

  #plain({ address, port }: Target): Socket {
    const buffer = Buffer.allocUnsafe(readBuffer);
    const callback = (octets: number): boolean => {
      // The session may keep a chunk, the buffer is used again.
      this.#receive(Buffer.from(buffer.subarray(0, octets)));
      return true;
    };
    return net.connect({ host: address, port, onread: { buffer, callback } });
  }

  #overTls({ address, port, checkCertificate = false }: Target, plain?: Socket): Socket {
    const over = plain === undefined ? { host: address, port } : { socket: plain, host: address };
    const socket = tls.connect({ ...over, rejectUnauthorized: checkCertificate });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.once('secureConnect', () => {
      this.secure = true;
      if (plain === undefined) return;
      this.#session.secured();
      this.#turn();
    });
    return socket;
  }

  /** The server waits for TLS. */
  #startTls(): void {
    const plain = this.#socket;
    plain.setTimeout(0);
    this.#socket = this.#overTls(this.#target, plain);
    this.#follow(this.#socket);
  }

  #receive(chunk: Uint8Array): void {
    this.#session.receive(chunk);
    this.#turn();
  }

  #ended(trouble: string | undefined): void {
    this.trouble ??= trouble;
    if (this.#over) return;
    this.#session.lost();
    this.#turn();
    this.#socket.destroy();
  }

  /** Hands out the session's events, then sends what they led to in one write. */
  #turn(): void {
    for (let event = this.#session.next(); event !== undefined && !this.#over; event = this.#session.next()) {
      if (event.tag === 'closed') this.#over = true;
      if (event.tag === 'starttls') this.#startTls();
      else this.#notify(event);
    }
    this.#send(this.#session.output());
    if (this.#over) this.#leave();
  }

  /** Says goodbye; a server that keeps the connection open does not keep the run open. */
  #leave(): void {
    if (this.#socket.destroyed) return;
    this.#socket.end();
    this.#socket.setTimeout(lingerMs, () => this.#socket.destroy());
  }

  #send(pieces: readonly (string | Uint8Array)[]): void {
    if (pieces.length === 0 || !this.#socket.writable) return;
    let octets = 0;
    for (const piece of pieces) octets += piece.length;
    if (octets > mostJoined) {
      this.#socket.cork();
      for (const piece of pieces) this.#socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
      this.#socket.uncork();
      return;
    }
    const joined = octets > usualJoined ? Buffer.allocUnsafe(octets) : joinHere;
    let at = 0;
    for (const piece of pieces) {
      if (typeof piece === 'string') joined.write(piece, at, 'latin1');
      else joined.set(piece, at);
      at += piece.length;
    }
    this.#socket.write(joined.subarray(0, octets));
    if (joined === joinHere && this.#socket.writableLength > 0) joinHere = Buffer.allocUnsafeSlow(usualJoined);
  }
}
