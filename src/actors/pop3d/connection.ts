/**
 * One client of pop3d: asks who it is, has that checked, then carries its session, held in this process or in another.
 * It reads no mail itself and knows no passwords but the one under way.
 */

import type { ByteString } from '../../protocol/mail.js';
import { Authorization, type Login } from '../../protocol/pop3/authorization.js';
import { CommandLines } from '../../protocol/pop3/command-lines.js';
import type { Cancel, Clock } from '../kernel/clock.js';
import { secondsOf } from '../kernel/clock.js';
import type { Connected } from '../net/connected.js';
import { hangUp } from '../net/hang-up.js';
import { plainAddress, type Session } from '../net/open-listeners.js';
import { readInto } from '../net/read-into.js';
import { busyLine, refusedLine, troubleLine } from '../spawn/mailbox-request.js';
import type { Given, MailboxWay, Opened, Tunnel } from './opened-mailbox.js';
import { serveMailbox } from './serve-mailbox.js';
import { TunnelRunner } from './tunnel.js';

/** Commands that a client may give before it has logged in. */
const mostBefore = 100;
/** A session under way makes room for no one before this: RFC 1939 §3 asks for ten minutes. Milliseconds. */
const protectedMs = 600_000;
/** Least time from a login to its refusal: nobody learns from the time why. Milliseconds. */
const refusalMs = 500;
const stopping = '-ERR [SYS/TEMP] server is shutting down\r\n';

export interface Pop3Parts {
  readonly clock: Clock;
  readonly way: MailboxWay;
  /** With its brackets; empty: no APOP. */
  readonly timestamp: ByteString;
  /** A login begins: milliseconds that it has to wait; undefined: too many of this address are under way. */
  begin(address: string): number | undefined;
  /** It is checked, or nobody waits for that any more; once for each that began. */
  checked(address: string): void;
  /** Why nobody can log in now; undefined when they can. */
  pressure(): ByteString | undefined;
  loggedIn(user: ByteString, address: string): void;
  refused(user: ByteString, address: string): void;
  trouble(text: string, address: string): void;
  progressed(connection: Pop3Connection): void;
  left(connection: Pop3Connection): void;
}

type State = 'login' | 'waiting' | 'checking' | 'mailbox' | 'over';

export class Pop3Connection implements Session {
  readonly address: string;
  progress = 0;
  readonly #parts: Pop3Parts;
  readonly #socket: Connected;
  readonly #lines = new CommandLines();
  readonly #authorization: Authorization;
  #state: State = 'login';
  #commands = 0;
  /** Its login counts for its address. */
  #underWay = false;
  #tunnel: TunnelRunner | undefined;
  /** Another process has the client; the socket here is closed. */
  #given: Given | undefined;
  /** Octets for a session in this process that it has not asked for yet, and who waits for some. */
  readonly #inbox: Uint8Array[] = [];
  #wanted: ((octets: Uint8Array | undefined) => void) | undefined;
  #halfClosed = false;
  #cancelDelay: Cancel | undefined;

  constructor(socket: Connected, parts: Pop3Parts) {
    this.#parts = parts;
    this.#socket = socket;
    this.address = plainAddress(socket.remoteAddress ?? 'unknown');
    this.#authorization = new Authorization(parts.timestamp !== '', true);
    readInto(socket, (chunk) => this.#bytes(chunk));
    socket.on('error', () => undefined);
    socket.on('drain', () => this.#drained());
    socket.once('close', () => this.#closed());
  }

  admit(): void {
    this.#socket.once('end', () => this.#ended());
    this.#say(this.#parts.timestamp === '' ? '+OK ready\r\n' : `+OK ${this.#parts.timestamp}\r\n`);
    this.#socket.resume();
  }

  reject(why: 'crowd' | 'address'): void {
    const whose = why === 'address' ? ' from your address' : '';
    this.#leave(`-ERR [SYS/TEMP] too many connections${whose}, please try again later\r\n`);
  }

  /** A login under way, and a session that is not idle for long, make no room. */
  get waitsForUs(): boolean {
    if (this.#state === 'checking') return true;
    return this.#state === 'mailbox' && this.#parts.clock.monotonic() - this.progress < protectedMs;
  }

  evict(): void {
    this.#leave(this.#state === 'mailbox' ? '' : '-ERR [SYS/TEMP] too many connections, please try again later\r\n');
  }

  /** Without a word, as in qmail: a client that reads on would take it for an answer. */
  timeout(): void {
    this.#leave('');
  }

  /** A session that is cut off before QUIT changes nothing. */
  drain(): void {
    this.#leave(this.#state === 'mailbox' ? '' : stopping);
  }

  /** `chunk` is valid during this call only. */
  #bytes(chunk: Buffer): void {
    if (this.#state === 'over') return;
    if (this.#state === 'mailbox') {
      this.#parts.progressed(this);
      this.#pass(new Uint8Array(chunk));
      return;
    }
    this.#lines.receive(chunk);
    if (this.#state === 'login') this.#ask();
    this.#lines.retain();
    if (!this.#isOver && this.#state !== 'login') this.#socket.pause();
  }

  #ask(): void {
    while (this.#state === 'login') {
      const command = this.#lines.next();
      if (command === undefined) break;
      this.#commands += 1;
      if (this.#commands > mostBefore) {
        this.#parts.trouble(`gave ${mostBefore} commands and did not log in; closed`, this.address);
        this.#leave('-ERR too many commands\r\n');
        break;
      }
      if (command === 'long') this.#parts.trouble('sent a line that is too long, which was dropped', this.address);
      const step = this.#authorization.take(command);
      if (step.tag === 'login') this.#login(step.login);
      else if (step.tag === 'quit') this.#leave(step.text);
      else this.#say(step.text);
    }
  }

  #login(login: Login): void {
    const pressure = this.#parts.pressure();
    if (pressure !== undefined) this.#leave(pressure);
    else this.#await(login);
  }

  /** Whoever was refused before waits. */
  #await(login: Login): void {
    const { clock, begin } = this.#parts;
    const wait = begin(this.address);
    if (wait === undefined) {
      this.#parts.trouble('has too many logins under way; further ones are told to come again', this.address);
      this.#leave(busyLine);
      return;
    }
    this.#underWay = true;
    this.#state = 'waiting';
    this.#socket.pause();
    if (wait === 0) void this.#check(login);
    else this.#cancelDelay = clock.after(wait, () => void this.#check(login));
  }

  async #check(login: Login): Promise<void> {
    if (this.#state !== 'waiting') return;
    this.#state = 'checking';
    const { clock, way, timestamp } = this.#parts;
    const began = clock.monotonic();
    const client = { socket: this.#socket, rest: () => this.#lines.held };
    const opened = await way.open({ ...login, timestamp }, client);
    this.#checked();
    if (opened.tag === 'given') return this.#giveAway(login, opened);
    if (this.#isOver) return opened.tag === 'tunnel' ? opened.close() : undefined;
    if (opened.tag === 'own' || opened.tag === 'tunnel') return this.#begin(login, opened);
    if (opened.tag === 'refused') this.#parts.refused(login.user, this.address);
    if (opened.tag === 'trouble') this.#parts.trouble(opened.text, this.address);
    const left = refusalMs - (clock.monotonic() - began);
    this.#cancelDelay = clock.after(Math.max(0, left), () => this.#leave(this.#answer(opened)));
  }

  #checked(): void {
    if (this.#underWay) this.#parts.checked(this.address);
    this.#underWay = false;
  }

  /** Changed while something was awaited. */
  get #isOver(): boolean {
    return this.#state === 'over';
  }

  #answer(opened: Opened): ByteString {
    if (opened.tag === 'refused') return refusedLine;
    if (opened.tag === 'busy') return busyLine;
    return opened.tag === 'trouble' ? (opened.answer ?? troubleLine) : troubleLine;
  }

  #begin({ user }: Login, opened: Tunnel | { readonly tag: 'own'; readonly maildir: string }): void {
    this.#state = 'mailbox';
    this.#parts.loggedIn(user, this.address);
    this.#parts.progressed(this);
    const rest = this.#lines.rest();
    if (opened.tag === 'tunnel') {
      this.#tunnel = new TunnelRunner(opened, {
        write: (octets) => this.#write(octets),
        resume: () => this.#socket.resume(),
        over: () => this.#leave(''),
      });
    }
    if (rest.length > 0) this.#pass(rest);
    if (this.#halfClosed) this.#tunnel?.end();
    if (opened.tag === 'own') void this.#serve(opened.maildir);
    else this.#socket.resume();
  }

  /** It counts as a guest until its session is over, wherever that is. */
  #giveAway({ user }: Login, given: Given): void {
    const { loggedIn, progressed, left } = this.#parts;
    if (this.#isOver) {
      given.end();
      return;
    }
    this.#given = given;
    this.#state = 'mailbox';
    this.#socket.destroy();
    loggedIn(user, this.address);
    progressed(this);
    given.hear(
      () => progressed(this),
      () => {
        this.#state = 'over';
        left(this);
      },
    );
  }

  async #serve(maildir: string): Promise<void> {
    const wire = {
      read: () => this.#read(),
      write: (octets: ByteString) => this.#written(octets),
      alone: false,
    };
    await serveMailbox(maildir, wire, secondsOf(this.#parts.clock));
    this.#leave('');
  }

  #pass(octets: Uint8Array): void {
    if (this.#tunnel !== undefined) {
      if (!this.#tunnel.forward(octets)) this.#socket.pause();
      return;
    }
    // One command at a time: the client waits in its socket.
    this.#socket.pause();
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted === undefined) this.#inbox.push(octets);
    else wanted(octets);
  }

  async #read(): Promise<Uint8Array | undefined> {
    const first = this.#inbox.shift();
    if (first !== undefined) return first;
    if (this.#halfClosed || this.#isOver) return undefined;
    return new Promise((settle) => {
      this.#wanted = settle;
      this.#socket.resume();
    });
  }

  #written(octets: ByteString): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false);
    return new Promise((settle) => {
      this.#socket.write(octets, 'latin1', (error) => {
        this.#parts.progressed(this);
        settle(error === undefined || error === null);
      });
    });
  }

  #write(octets: Uint8Array): boolean {
    return this.#isOver || this.#socket.destroyed || this.#socket.write(octets, 'latin1');
  }

  #drained(): void {
    if (this.#state !== 'mailbox') return;
    this.#parts.progressed(this);
    this.#tunnel?.drained();
  }

  #say(text: ByteString): void {
    if (text !== '' && !this.#socket.destroyed) this.#socket.write(text, 'latin1');
  }

  /** The client sends no more; it still gets its answers. */
  #ended(): void {
    this.#halfClosed = true;
    if (this.#state === 'login') this.#leave('');
    this.#tunnel?.end();
    this.#wanted?.(undefined);
    this.#wanted = undefined;
  }

  #leave(text: ByteString): void {
    if (this.#state === 'over') return;
    this.#say(text);
    this.#release();
    if (this.#given === undefined) hangUp(this.#socket, this.#parts.clock, this.#halfClosed);
  }

  #release(): void {
    this.#cancelDelay?.();
    // A check that is under way ends by itself, and counts until then.
    if (this.#state === 'waiting') this.#checked();
    this.#state = 'over';
    this.#tunnel?.close();
    this.#given?.end();
    this.#wanted?.(undefined);
    this.#wanted = undefined;
  }

  #closed(): void {
    if (this.#given !== undefined) return;
    if (this.#state !== 'over') this.#release();
    this.#parts.left(this);
  }
}
