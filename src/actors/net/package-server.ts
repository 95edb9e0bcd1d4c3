/**
 * What qmtpd and qmqpd share: listeners whose clients hand over mail packages. The actor says which session a client
 * gets; everything between socket and queue is here.
 */
import { dateFormatter } from '../../protocol/date.js';
import type { ByteString } from '../../protocol/mail.js';
import type { PackageSession } from '../../protocol/package-session.js';
import { invokedBy, queueReceived, serverReceived } from '../../protocol/received.js';
import type { Settings } from '../../protocol/settings.js';
import type { ActorContext, Counters } from '../kernel/actor.js';
import type { Board } from '../kernel/board.js';
import { secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import type { Rights } from './access.js';
import type { BodyBuffers } from './body-buffers.js';
import { HereCheck } from './here-check.js';
import { networkUid } from './network-uid.js';
import { type Arrival, OpenListeners, type PlacedListener } from './open-listeners.js';
import { PackageConnection } from './package-connection.js';

export interface PackageServerOptions {
  /** Absolute; access rules and control/morercpthosts.cdb are found from here. */
  readonly home: string;
  readonly listeners: readonly PlacedListener[];
  readonly board: Board;
  /** Shared by all that take bodies in this thread. */
  readonly buffers: BodyBuffers;
  /** Connections that the process's descriptor limit allows all front threads together. */
  readonly descriptors: number;
}

/** The session of a client with these rights, by the settings of the moment it comes. */
type NewSession = (rights: Rights) => PackageSession;

export class PackageServer {
  readonly #origin: 'qmtp' | 'qmqp';
  readonly #context: ActorContext<'qmtpd' | 'qmqpd'>;
  readonly #options: PackageServerOptions;
  readonly #newSession: NewSession;
  readonly #listeners: OpenListeners<PackageConnection>;
  readonly #log: ActivityLog;
  readonly #date = dateFormatter();
  #recipients: HereCheck | undefined;
  #accepted = 0;

  constructor(
    origin: 'qmtp' | 'qmqp',
    context: ActorContext<'qmtpd' | 'qmqpd'>,
    options: PackageServerOptions,
    newSession: NewSession,
  ) {
    this.#origin = origin;
    this.#context = context;
    this.#options = options;
    this.#newSession = newSession;
    this.#log = new ActivityLog(context.peers.splogger, context.settings);
    this.#recipients = this.#hereCheck(context.settings);
    this.#listeners = new OpenListeners(context.settings, {
      home: options.home,
      queueDir: context.queueDir,
      listeners: options.listeners,
      clock: context.clock,
      descriptors: options.descriptors,
      // QMQP relays for whoever comes in: no open port may become an open relay by a forgotten option.
      openWithoutRules: origin === 'qmtp',
      warn: (text) => this.#log.warning(text),
      note: (text) => this.#log.write({ event: 'info', text }),
      begin: (arrival) => this.#begin(arrival),
    });
  }

  #begin({ socket, rights, local, filter, progressed, left }: Arrival<PackageConnection>): PackageConnection {
    const { peers, clock, nextQp, queueDir } = this.#context;
    return new PackageConnection(socket, {
      origin: this.#origin,
      queue: peers.queue,
      clock,
      nextQp,
      queueDir,
      buffers: this.#options.buffers,
      session: this.#newSession(rights),
      filter,
      front: (qp, client) => this.#front(filter === undefined ? qp : undefined, client, local, rights),
      pressure: () => this.#pressure(),
      unknown: (recipients) => this.#recipients?.unknown(recipients),
      progressed,
      left,
      accepted: () => {
        this.#accepted += 1;
      },
    });
  }

  #hereCheck(settings: Settings): HereCheck | undefined {
    const clock = (): number => this.#context.clock.monotonic();
    return HereCheck.of(settings, { home: this.#options.home, clock, warn: (text) => this.#log.warning(text) });
  }

  /** The queue's own line is not for a filter: the queue behind it puts it there. */
  #front(qp: number | undefined, client: string, local: string, { remoteHost, remoteInfo }: Rights): ByteString {
    const date = this.#date(secondsOf(this.#context.clock));
    const protocol = this.#origin.toUpperCase();
    const from = { remoteHost, remoteIp: client, remoteInfo, helo: undefined, local, protocol };
    const own = qp === undefined ? '' : queueReceived(qp, invokedBy(this.#origin, networkUid), date, '\n');
    return own + serverReceived(from, date, '\n');
  }

  #pressure(): ByteString | undefined {
    const { board } = this.#options;
    if (board.get('draining')) return 'Zserver is shutting down, try again later (#4.3.2)';
    if (board.get('paused')) return 'Zserver is paused, try again later (#4.3.2)';
    return board.get('full') ? 'Zqq write error or disk full (#4.3.0)' : undefined;
  }

  start(): Promise<void> {
    return this.#listeners.start();
  }

  get ports(): readonly number[] {
    return this.#listeners.ports;
  }

  reload(settings: Settings): void {
    this.#recipients = this.#hereCheck(settings);
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
    const name = `${this.#origin}d`;
    return { ...this.#listeners.counters(name), [`${name}.accepted`]: this.#accepted };
  }
}
