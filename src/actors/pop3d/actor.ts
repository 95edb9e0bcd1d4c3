/**
 * pop3d: the POP3 listeners of one thread. Takes connections within their limits, has logins checked, slows down who
 * guesses. It reads mail only as the uid that this process has; other users' mail is read by their own processes.
 */
import { threadId } from 'node:worker_threads';
import type { ByteString } from '../../protocol/mail.js';
import type { Settings } from '../../protocol/settings.js';
import type { Actor, ActorContext, Counters } from '../kernel/actor.js';
import type { Board } from '../kernel/board.js';
import { secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import { type Arrival, OpenListeners, type PlacedListener } from '../net/open-listeners.js';
import { ToldLately } from '../net/told-lately.js';
import { Pop3Connection } from './connection.js';
import { LoginGate } from './login-gate.js';
import { mailboxWay } from './mailbox-way.js';
import type { MailboxWay } from './opened-mailbox.js';

export interface Pop3dOptions {
  /** Absolute. */
  readonly home: string;
  readonly listeners: readonly PlacedListener[];
  readonly board: Board;
  /** Connections that the process's descriptor limit allows all front threads together. */
  readonly descriptors: number;
  /** Absent: without root. */
  readonly lspawndSocket?: string;
  /** In place of the way that follows from the others. */
  readonly way?: MailboxWay;
}

/** qmail's; RFC 1939 §3 asks for ten minutes at least. */
const silentMs = 1_200_000;
const stopping: ByteString = '-ERR [SYS/TEMP] server is shutting down\r\n';

class Pop3dActor implements Actor<'pop3d'> {
  readonly handlers = {};
  readonly #context: ActorContext<'pop3d'>;
  readonly #options: Pop3dOptions;
  readonly #listeners: OpenListeners<Pop3Connection>;
  readonly #log: ActivityLog;
  readonly #gate = new LoginGate();
  readonly #way: MailboxWay;
  #me: ByteString;
  #greetings = 0;
  #logins = 0;
  #refused = 0;
  readonly #told = new ToldLately();

  constructor(context: ActorContext<'pop3d'>, options: Pop3dOptions) {
    this.#context = context;
    this.#options = options;
    this.#me = context.settings.me;
    this.#log = new ActivityLog(context.peers.splogger, context.settings);
    this.#way = options.way ?? mailboxWay(options.home, process.getuid?.() ?? 0, options.lspawndSocket);
    this.#listeners = new OpenListeners(context.settings, {
      home: options.home,
      queueDir: context.queueDir,
      listeners: options.listeners,
      clock: context.clock,
      descriptors: options.descriptors,
      openWithoutRules: true,
      silentMs,
      warn: (text) => this.#log.warning(text),
      begin: (arrival) => this.#begin(arrival),
    });
  }

  #begin({ socket, progressed, left }: Arrival<Pop3Connection>): Pop3Connection {
    const { clock } = this.#context;
    const now = (): number => clock.monotonic();
    return new Pop3Connection(socket, {
      clock,
      way: this.#way,
      timestamp: this.#way.apop ? this.#timestamp() : '',
      begin: (address) => this.#gate.begin(address, now()),
      checked: (address) => this.#gate.end(address),
      pressure: () => (this.#options.board.get('draining') ? stopping : undefined),
      loggedIn: () => {
        this.#logins += 1;
      },
      refused: (user, address) => this.#wrong(user, address, this.#gate.refused(address, now())),
      trouble: (text, address) => this.#trouble(text, address),
      progressed,
      left,
    });
  }

  /** Another one for each connection (RFC 1939 §7). */
  #timestamp(): ByteString {
    this.#greetings += 1;
    return `<${process.pid}.${threadId}.${this.#greetings}.${secondsOf(this.#context.clock)}@${this.#me}>`;
  }

  /** Told at the 1st, 2nd, 4th, 8th … refusal in a row: a guesser does not fill the log. */
  #wrong(user: ByteString, address: string, times: number): void {
    this.#refused += 1;
    if ((times & (times - 1)) !== 0) return;
    const shown = user.length > 64 ? `${user.slice(0, 64)}...` : user;
    this.#log.warning(`pop3 ${address}: login refused for ${shown}, ${times} lately from this address`);
  }

  #trouble(text: string, address: string): void {
    const line = this.#told.tell(`pop3 ${address}: ${text}`, this.#context.clock.monotonic());
    if (line !== undefined) this.#log.warning(line);
  }

  start(): Promise<void> {
    return this.#listeners.start();
  }

  get ports(): readonly number[] {
    return this.#listeners.ports;
  }

  reload(settings: Settings): void {
    this.#me = settings.me;
    this.#log.reload(settings);
    this.#listeners.reload(settings);
  }

  drain(): Promise<void> {
    return this.#listeners.drain();
  }

  stop(): void {
    this.#listeners.stop();
  }

  counters(): Counters {
    return { ...this.#listeners.counters('pop3d'), 'pop3d.logins': this.#logins, 'pop3d.refused': this.#refused };
  }
}

export interface Pop3d extends Actor<'pop3d'> {
  readonly ports: readonly number[];
}

export function createPop3d(context: ActorContext<'pop3d'>, options: Pop3dOptions): Pop3d {
  return new Pop3dActor(context, options);
}
