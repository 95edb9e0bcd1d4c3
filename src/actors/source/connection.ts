/**
 * One connection of the source: moves bytes between a socket and an SMTP client session.
 * What is sent and when is the session loop's business.
 */
import net, { type LookupFunction, type Socket } from 'node:net';
import tls from 'node:tls';
import { getSystemErrorMap } from 'node:util';
import { SmtpClientSession } from '../../protocol/smtp/client.js';
import type { SmtpClientEvent, Transaction } from '../../protocol/smtp/session.js';
import { LeanSocket } from '../net/lean-socket.js';
import { giveBack, leanSocketOf } from '../net/take-handle.js';

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
  /** What connections in turn say with AUTH PLAIN, in base64; absent or empty: nobody logs in. */
  readonly logins?: readonly string[];
  /** Milliseconds without a byte after which the connection is given up. */
  readonly timeout: number;
  /** False: one command, one reply, also where the server offers PIPELINING. Default true. */
  readonly pipelining?: boolean;
  /** With it: the next message's MAIL, RCPT and DATA follow a message at once (RFC 2920 §3.1). Default false. */
  readonly overlapping?: boolean;
}

/** What one connection has of its lane. */
export interface Means {
  readonly lookup: LookupFunction;
  readonly login: string | undefined;
}

/** `ahead`: a message is about to go out with its final dot, and the next one may begin. */
export type SourceEvent = SmtpClientEvent | { readonly tag: 'ahead' };
const ahead: SourceEvent = { tag: 'ahead' };

/** How long a server may take to close a connection that is over. */
const lingerMs = 1_000;
/** Pieces of one turn up to this many octets go out in one write. */
const mostJoined = 131_072;
/** Where they are joined; a larger one when one is needed, a new one when the system did not take the last write at once. */
let joinHere = Buffer.allocUnsafeSlow(16_384);
/** Its first octets, so many as the last write had: most have the same number. */
let joinView = joinHere;

/** Net sockets, ours on the handle, and TLS sockets. */
type Way = Socket | LeanSocket;

export class SourceConnection {
  /** What is read and written. */
  #way: Way;
  /** Node's own, which TLS needs; an empty shell while a LeanSocket has its handle. */
  #socket: Socket;
  readonly #target: Target;
  readonly #session: SmtpClientSession;
  readonly #notify: (event: SourceEvent) => void;
  readonly #lookup: LookupFunction;
  #over = false;
  /** When the server was last heard or something was said to it; milliseconds. */
  #lastMs = performance.now();
  #watch: NodeJS.Timeout;
  /** TLS is in force. */
  secure = false;
  /** The socket's own words when it failed. */
  trouble: string | undefined;
  /** The server kept silent for the target's timeout. */
  timedOut = false;
  /** It ended before the system had taken all that was said. */
  unsent = false;

  constructor(target: Target, { lookup, login }: Means, notify: (event: SourceEvent) => void) {
    const { helohost, address, pipelining = true } = target;
    const starttls = target.starttls === true && !target.tls;
    this.#session = new SmtpClientSession({ helohost, peer: address, greet: 'ehlo', pipelining, starttls, login });
    this.#target = target;
    this.#notify = notify;
    this.#lookup = lookup;
    this.#socket = target.tls ? this.#overTls(target) : this.#plain(target);
    this.#way = this.#socket;
    this.#follow(this.#socket);
    this.#watch = setTimeout(() => this.#look(), target.timeout);
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

  /** One timer for a connection, however often something is heard: it looks whether its time has really come. */
  #look(): void {
    const { timeout } = this.#target;
    const leftMs = this.#lastMs + timeout - performance.now();
    if (leftMs > 0) this.#watch = setTimeout(() => this.#look(), Math.ceil(leftMs));
    else {
      this.timedOut = true;
      this.#ended(`no answer within ${timeout / 1000} s`);
    }
  }

  #follow(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#ended(error.message));
    socket.on('close', () => this.#closed());
    socket.on('end', () => this.#ended(undefined));
  }

  #plain({ address, port }: Target): Socket {
    const socket = net.connect({ host: address, port, lookup: this.#lookup });
    socket.pause();
    socket.once('connect', () => {
      const lean = leanSocketOf(socket);
      if (lean === undefined) socket.on('data', (chunk: Buffer) => this.#receive(chunk));
      else this.#go(lean);
      this.#way.resume();
    });
    return socket;
  }

  #go(lean: LeanSocket): void {
    this.#way = lean;
    lean.readInto((chunk) => this.#receive(chunk));
    lean.on('close', () => {
      const words = getSystemErrorMap().get(lean.failure);
      if (words !== undefined) this.trouble ??= `${words[0]}: ${words[1]}`;
      this.#closed();
    });
    lean.on('end', () => this.#ended(undefined));
  }

  #overTls({ address, port, checkCertificate = false }: Target, plain?: Socket): Socket {
    const over = plain === undefined ? { host: address, port, lookup: this.#lookup } : { socket: plain, host: address };
    // Servers with several names choose their certificate by it (SNI; never an address).
    const name = net.isIP(address) === 0 ? { servername: address } : {};
    const socket = tls.connect({ ...over, ...name, rejectUnauthorized: checkCertificate });
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
    if (this.#way instanceof LeanSocket && !giveBack(this.#way, plain)) return;
    this.#socket = this.#overTls(this.#target, plain);
    this.#way = this.#socket;
    this.#follow(this.#socket);
  }

  #receive(chunk: Uint8Array): void {
    this.#lastMs = performance.now();
    this.#session.receive(chunk);
    this.#turn();
    this.#session.retain();
  }

  #closed(): void {
    clearTimeout(this.#watch);
    this.#ended(undefined);
  }

  #ended(trouble: string | undefined): void {
    this.trouble ??= trouble;
    if (this.#over) return;
    this.unsent = this.#way.writableLength > 0;
    this.#session.lost();
    this.#turn();
    this.#way.destroy();
  }

  /** Hands out the session's events, then sends what they led to in one write. */
  #turn(): void {
    for (let event = this.#session.next(); event !== undefined && !this.#over; event = this.#session.next()) {
      if (event.tag === 'closed') this.#over = true;
      if (event.tag === 'starttls') this.#startTls();
      else this.#notify(event);
    }
    if (this.#target.overlapping === true && !this.#over && this.#session.handedOver) this.#notify(ahead);
    this.#send(this.#session.output());
    if (this.#over) this.#leave();
  }

  /** Says goodbye; a server that keeps the connection open does not keep the run open. */
  #leave(): void {
    clearTimeout(this.#watch);
    if (this.#way.destroyed) return;
    this.#way.end();
    this.#watch = setTimeout(() => this.#way.destroy(), lingerMs);
  }

  #send(pieces: readonly (string | Uint8Array)[]): void {
    const only = pieces[0];
    if (only === undefined || this.#way.destroyed) return;
    this.#lastMs = performance.now();
    if (pieces.length === 1 && typeof only === 'string') {
      this.#way.write(only, 'latin1');
      return;
    }
    let octets = 0;
    // Texts and octets have no common shape: each is asked in its own place.
    for (const piece of pieces) octets += typeof piece === 'string' ? piece.length : piece.byteLength;
    if (octets <= mostJoined) this.#sendJoined(pieces, octets);
    else for (const piece of pieces) this.#way.write(piece, 'latin1');
  }

  #sendJoined(pieces: readonly (string | Uint8Array)[], octets: number): void {
    if (octets > joinHere.length) joinHere = Buffer.allocUnsafeSlow(mostJoined);
    let at = 0;
    for (const piece of pieces) {
      if (typeof piece === 'string') {
        joinHere.write(piece, at, 'latin1');
        at += piece.length;
      } else {
        joinHere.set(piece, at);
        at += piece.byteLength;
      }
    }
    if (joinView.length !== octets || joinView.buffer !== joinHere.buffer) joinView = joinHere.subarray(0, octets);
    this.#way.write(joinView, 'latin1');
    // What the system did not take stays where it is.
    if (this.#way.writableLength > 0) joinHere = Buffer.allocUnsafeSlow(joinHere.length);
  }
}
