/**
 * smtpd: the SMTP listeners of one thread. Takes connections within their limits, keeps a timer for all of
 * them, and hands messages to queue. It delivers nothing and writes no mail to disk but large bodies.
 */
import { lowerCaseAscii } from '../../protocol/bytes.js';
import { dateFormatter } from '../../protocol/date.js';
import type { Settings } from '../../protocol/settings.js';
import type { SmtpDecision, SmtpServerOptions } from '../../protocol/smtp/session.js';
import { TurnPeers } from '../../protocol/turn-peers.js';
import { moreRcptHosts } from '../../store/more-rcpthosts.js';
import type { Actor, ActorContext, Counters } from '../kernel/actor.js';
import type { Board } from '../kernel/board.js';
import { secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import type { BodyBuffers } from '../net/body-buffers.js';
import { type Arrival, OpenListeners, type PlacedListener } from '../net/open-listeners.js';
import { RecipientCheck } from '../net/recipients.js';
import { Connection, type ConnectionParts } from './connection.js';
import { SmtpPolicy } from './policy.js';

export interface SmtpdOptions {
  /** Absolute; access rules and control/morercpthosts.cdb are found from here. */
  readonly home: string;
  readonly listeners: readonly PlacedListener[];
  readonly board: Board;
  /** Shared by all that take bodies in this thread. */
  readonly buffers: BodyBuffers;
  /** Connections that the process's descriptor limit allows all front threads together. */
  readonly descriptors: number;
}

function sessionOptions(settings: Settings): SmtpServerOptions {
  return {
    greeting: settings.smtpgreeting,
    databytes: settings.databytes,
    maxRecipients: settings.maxrcpt,
    maxCommandLine: 4_096,
    maxErrors: 100,
    maxHops: 100,
    barecr: settings.barecr,
    maxHeader: 1_048_576,
    enhanced: 'ehlo',
    etrn: Object.keys(settings.etrnhosts).length > 0,
    breath: true,
  };
}

function turnPeers({ etrnhosts, autoturn }: Settings): { readonly etrn: TurnPeers; readonly autoturn: TurnPeers } {
  return { etrn: new TurnPeers(etrnhosts), autoturn: new TurnPeers(autoturn) };
}

class SmtpdActor implements Actor<'smtpd'> {
  readonly handlers = {};
  readonly #context: ActorContext<'smtpd'>;
  readonly #options: SmtpdOptions;
  readonly #listeners: OpenListeners<Connection>;
  readonly #date = dateFormatter();
  readonly #log: ActivityLog;
  #settings: Settings;
  #policy: SmtpPolicy;
  #session: SmtpServerOptions;
  #turn: { readonly etrn: TurnPeers; readonly autoturn: TurnPeers };
  #accepted = 0;

  constructor(context: ActorContext<'smtpd'>, options: SmtpdOptions) {
    this.#context = context;
    this.#options = options;
    this.#settings = context.settings;
    this.#log = new ActivityLog(context.peers.splogger, context.settings);
    this.#policy = this.#newPolicy();
    this.#session = sessionOptions(context.settings);
    this.#turn = turnPeers(context.settings);
    this.#listeners = new OpenListeners(context.settings, {
      home: options.home,
      queueDir: context.queueDir,
      listeners: options.listeners,
      clock: context.clock,
      descriptors: options.descriptors,
      openWithoutRules: true,
      warn: (text) => this.#log.warning(text),
      note: (text) => this.#log.write({ event: 'info', text }),
      begin: (arrival) => this.#begin(arrival),
    });
  }

  start(): Promise<void> {
    return this.#listeners.start();
  }

  #newPolicy(): SmtpPolicy {
    const { home, board } = this.#options;
    const clock = (): number => this.#context.clock.monotonic();
    const recipients = RecipientCheck.of(this.#settings, { home, clock, warn: (text) => this.#log.warning(text) });
    return new SmtpPolicy(this.#settings, board, moreRcptHosts(home, clock), recipients);
  }

  get ports(): readonly number[] {
    return this.#listeners.ports;
  }

  #begin(arrival: Arrival<Connection>): Connection {
    const connection = new Connection(arrival.socket, this.#parts(arrival));
    // AutoTURN: who connects has its line up, and gets what waits for it.
    const names = this.#turn.autoturn.domainsOf(connection.address);
    if (names.length > 0) this.#context.peers.send.tell('flush', { names });
    return connection;
  }

  /** ETRN (RFC 1985 §5.3): starts what waits for a domain that this client may ask for. */
  #etrn(asked: string, address: string): SmtpDecision {
    const domain = lowerCaseAscii(asked.replace(/^@/, ''));
    if (!this.#turn.etrn.allowed(domain, address)) {
      return { accept: false, code: 459, text: `node ${asked} is not allowed to you (#4.7.1)` };
    }
    const names = asked.startsWith('@') ? [domain, `.${domain}`] : [domain];
    if (!this.#context.peers.send.tell('flush', { names })) {
      return { accept: false, code: 458, text: `unable to start mail for node ${asked} now (#4.3.2)` };
    }
    return { accept: true, text: `ok, mail for node ${asked} is started` };
  }

  #parts({ rights, local, filter, progressed, left }: Arrival<Connection>): ConnectionParts {
    const { peers, clock, nextQp, queueDir } = this.#context;
    const { databytes } = rights;
    return {
      queue: peers.queue,
      clock,
      nextQp,
      date: () => this.#date(secondsOf(clock)),
      queueDir,
      buffers: this.#options.buffers,
      session: databytes === undefined ? this.#session : { ...this.#session, databytes },
      policy: this.#policy,
      local,
      rights,
      etrn: (name, address) => this.#etrn(name, address),
      filter,
      progressed,
      left,
      accepted: () => {
        this.#accepted += 1;
      },
    };
  }

  /** Open sessions keep what they began with. */
  reload(settings: Settings): void {
    this.#settings = settings;
    this.#log.reload(settings);
    this.#policy = this.#newPolicy();
    this.#session = sessionOptions(settings);
    this.#turn = turnPeers(settings);
    this.#listeners.reload(settings);
  }

  drain(): Promise<void> {
    return this.#listeners.drain();
  }

  stop(): void {
    this.#listeners.stop();
  }

  counters(): Counters {
    return {
      ...this.#listeners.counters('smtpd'),
      'smtpd.bodyOctets': this.#options.buffers.held,
      'smtpd.accepted': this.#accepted,
    };
  }
}

export interface Smtpd extends Actor<'smtpd'> {
  readonly ports: readonly number[];
}

export function createSmtpd(context: ActorContext<'smtpd'>, options: SmtpdOptions): Smtpd {
  return new SmtpdActor(context, options);
}
