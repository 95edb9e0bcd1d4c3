/**
 * smtpd: the SMTP listeners of one thread. Takes connections within their limits, keeps a timer for all of
 * them, and hands messages to queue. It delivers nothing and writes no mail to disk but large bodies.
 */
import type { Socket } from 'node:net';
import { dateFormatter } from '../../protocol/date.js';
import type { ListenerSetting, Settings } from '../../protocol/settings.js';
import type { SmtpServerOptions } from '../../protocol/smtp/session.js';
import { moreRcptHosts } from '../../store/more-rcpthosts.js';
import { RulesFile } from '../../store/rules-file.js';
import type { Actor, ActorContext, Counters } from '../kernel/actor.js';
import type { Board } from '../kernel/board.js';
import { type Cancel, secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import { Admission, type AdmissionLimits } from '../net/admission.js';
import { HouseCounts, houseMemory } from '../net/house-counts.js';
import { type ListenAt, type Listener, listen } from '../net/listener.js';
import { Access, type Rights } from './access.js';
import { BodyBuffers } from './body-buffers.js';
import { Connection, type ConnectionParts, plainAddress } from './connection.js';
import { SmtpPolicy } from './policy.js';

/** Where one smtp listener of control/listeners is open in this thread. */
export interface SmtpdListener {
  readonly setting: ListenerSetting;
  readonly at: ListenAt;
}

/** The counts that the front threads share, and the number of a thread among them. */
export interface HouseShare {
  readonly shared: SharedArrayBuffer;
  readonly thread: number;
}

export interface SmtpdOptions {
  /** Absolute; access rules and control/morercpthosts.cdb are found from here. */
  readonly home: string;
  readonly listeners: readonly SmtpdListener[];
  readonly board: Board;
  /** The queue lives in this thread: bodies go there by reference. */
  readonly besideQueue: boolean;
  /** Connections that the process's descriptor limit allows all front threads together. */
  readonly descriptors: number;
  /** Counts of all front threads, and the number of this one; absent: it is the only one. */
  readonly house?: HouseShare;
  /** Octets that bodies under way may take; absent: the usual bound. */
  readonly bodyMemory?: number;
}

const tickMs = 1_000;
/** Contract: a connection without a complete command for 30 s makes room for a waiting one. */
const idleMs = 30_000;

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
  };
}

/** One open listener with its guests; settings are those of the moment a connection comes. */
class OpenListener {
  readonly admission: Admission;
  readonly setting: ListenerSetting;
  readonly access: Access;
  listener: Listener | undefined;

  constructor(setting: ListenerSetting, access: Access, limits: AdmissionLimits, counts: HouseCounts) {
    this.setting = setting;
    this.access = access;
    this.admission = new Admission(limits, counts);
  }
}

class SmtpdActor implements Actor<'smtpd'> {
  readonly handlers = {};
  readonly #context: ActorContext<'smtpd'>;
  readonly #options: SmtpdOptions;
  readonly #open: OpenListener[] = [];
  readonly #date = dateFormatter();
  readonly #buffers: BodyBuffers;
  readonly #log: ActivityLog;
  #settings: Settings;
  #policy: SmtpPolicy;
  #session: SmtpServerOptions;
  #cancelTick: Cancel | undefined;
  #accepted = 0;
  #denied = 0;
  #whenEmpty: (() => void) | undefined;

  constructor(context: ActorContext<'smtpd'>, options: SmtpdOptions) {
    this.#context = context;
    this.#options = options;
    this.#buffers = new BodyBuffers(options.besideQueue, options.bodyMemory);
    this.#settings = context.settings;
    this.#log = new ActivityLog(context.peers.splogger, context.settings);
    this.#policy = this.#newPolicy();
    this.#session = sessionOptions(context.settings);
  }

  async start(): Promise<void> {
    const { listeners, house = { shared: houseMemory(1), thread: 0 } } = this.#options;
    HouseCounts.clear(house.shared, house.thread);
    for (const [index, { setting, at }] of listeners.entries()) {
      const counts = new HouseCounts(house.shared, house.thread, index);
      const open = new OpenListener(setting, this.#accessOf(setting), this.#limits(setting), counts);
      this.#open.push(open);
      open.listener = await listen(at, (socket) => this.#arrived(open, socket));
    }
    this.#cancelTick = this.#context.clock.every(tickMs, () => this.#tick());
  }

  #newPolicy(): SmtpPolicy {
    const more = moreRcptHosts(this.#options.home, () => this.#context.clock.monotonic());
    return new SmtpPolicy(this.#settings, this.#options.board, more);
  }

  #accessOf({ options }: ListenerSetting): Access {
    const monotonic = (): number => this.#context.clock.monotonic();
    const rules = options.rules === undefined ? undefined : new RulesFile(this.#options.home, options.rules, monotonic);
    return new Access(rules, (text) => this.#log.warning(text));
  }

  #arrived(open: OpenListener, socket: Socket): void {
    const rights = open.access.rights(plainAddress(socket.remoteAddress ?? 'unknown'));
    if (rights === undefined) {
      // Without a word, as a client sees it that tcpserver denies.
      this.#denied += 1;
      socket.destroy();
      return;
    }
    const local = plainAddress(socket.localAddress ?? 'unknown');
    open.admission.arrive(new Connection(socket, this.#parts(open, local, rights)), this.#context.clock.monotonic());
  }

  /** Ports in use, in the order of the listeners (tests listen on port 0). */
  get ports(): readonly number[] {
    return this.#open.map(({ listener }) => listener?.port ?? 0);
  }

  #limits(setting: ListenerSetting): AdmissionLimits {
    const own = Number(setting.options.max);
    // Who waits has a descriptor too: a quarter of them is left for the rest of the process.
    const { descriptors } = this.#options;
    const all = Math.floor(descriptors * 1.5);
    const most = Math.min(all, own > 0 ? own : (this.#settings.concurrencyincoming ?? descriptors));
    const mostPerAddress = this.#settings.concurrencyperip ?? Math.max(10, Math.floor(most / 4));
    return { most, mostPerAddress, idleMs, mostWaiting: Math.min(Math.max(100, most), Math.max(10, all - most)) };
  }

  #parts(open: OpenListener, localAddress: string, { relayclient, databytes }: Rights): ConnectionParts {
    const { peers, clock, nextQp, queueDir } = this.#context;
    return {
      queue: peers.queue,
      clock,
      nextQp,
      date: () => this.#date(secondsOf(clock)),
      queueDir,
      buffers: this.#buffers,
      session: databytes === undefined ? this.#session : { ...this.#session, databytes },
      policy: this.#policy,
      local: localAddress,
      relayclient,
      progressed: (connection) => open.admission.progressed(connection, clock.monotonic()),
      left: (connection) => this.#left(open, connection),
      accepted: () => {
        this.#accepted += 1;
      },
    };
  }

  #left(open: OpenListener, connection: Connection): void {
    open.admission.left(connection, this.#context.clock.monotonic());
    if (this.#whenEmpty !== undefined && this.#connections === 0) this.#whenEmpty();
  }

  get #connections(): number {
    return this.#open.reduce((sum, { admission }) => sum + admission.admitted + admission.waiting, 0);
  }

  #tick(): void {
    const now = this.#context.clock.monotonic();
    for (const { admission } of this.#open) {
      const late = [...admission.stale(now - this.#settings.timeoutsmtpd * 1000)];
      for (const guest of late) (guest as Connection).timeout();
      admission.makeRoom(now);
    }
  }

  /** Open sessions keep what they began with. */
  reload(settings: Settings): void {
    this.#settings = settings;
    this.#log.reload(settings);
    this.#policy = this.#newPolicy();
    this.#session = sessionOptions(settings);
    for (const open of this.#open) {
      open.admission.limits = this.#limits(open.setting);
      open.access.lookAgain();
    }
  }

  async drain(): Promise<void> {
    await Promise.race([
      Promise.all(this.#open.map(({ listener }) => listener?.close())),
      new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        for (const { admission } of this.#open) for (const guest of [...admission.all()]) (guest as Connection).drain();
        if (this.#connections === 0) resolve();
      }),
    ]);
  }

  stop(): void {
    this.#cancelTick?.();
    for (const { admission, listener } of this.#open) {
      // Without a drain before, it listens still.
      void listener?.close();
      for (const guest of [...admission.all()]) guest.evict();
    }
  }

  counters(): Counters {
    const sum = (pick: (admission: Admission) => number): number =>
      this.#open.reduce((total, { admission }) => total + pick(admission), 0);
    return {
      'smtpd.connections': sum((admission) => admission.admitted),
      'smtpd.waiting': sum((admission) => admission.waiting),
      'smtpd.evicted': sum((admission) => admission.evicted),
      'smtpd.rejected': sum((admission) => admission.rejected),
      'smtpd.bodyOctets': this.#buffers.held,
      'smtpd.denied': this.#denied,
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
