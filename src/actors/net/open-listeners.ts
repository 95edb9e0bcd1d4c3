/**
 * The listeners of one protocol in one thread: takes connections within their limits and access rules, keeps one timer
 * for all of them, makes room, drains. What is spoken on a connection is its session's.
 */

import type { Block } from '../../protocol/block-list.js';
import { inquirySetting } from '../../protocol/listener-options.js';
import type { ListenerSetting, Settings } from '../../protocol/settings.js';
import { RulesFile } from '../../store/rules-file.js';
import type { Counters } from '../kernel/actor.js';
import type { Cancel, Clock } from '../kernel/clock.js';
import { SpareDescriptors } from '../kernel/descriptors.js';
import { Access, type Rights } from './access.js';
import { Admission, type AdmissionLimits, type Guest } from './admission.js';
import type { ConnectionEnds } from './ask-ident.js';
import type { Connected } from './connected.js';
import type { HouseCounts } from './house-counts.js';
import { Inquiry } from './inquiry.js';
import { type ListenAt, type Listener, listen } from './listener.js';
import { Lobby } from './lobby.js';
import { filterFor, type QueueFilter } from './queue-filter.js';
import { descriptorOf } from './read-into.js';
import { ToldLately } from './told-lately.js';

/** Where one line of control/listeners is open in this thread. */
export interface PlacedListener {
  readonly setting: ListenerSetting;
  readonly at: ListenAt;
  /** Shared with the other threads that listen here; absent: there are none. */
  readonly counts?: HouseCounts;
}

/** A guest that speaks. */
export interface Session extends Guest {
  /** It got nothing done for too long. */
  timeout(): void;
  /** Ends: at once when it is idle, else after what is under way. */
  drain(): void;
}

/** A connection that may come in. Its session reports through it. */
export interface Arrival<S extends Session> {
  readonly socket: Connected;
  readonly rights: Rights;
  /** The address that the client came to. */
  readonly local: string;
  /** The program that gets its messages in place of the queue, if any. */
  readonly filter: QueueFilter | undefined;
  progressed(session: S): void;
  /** Its socket is closed. */
  left(session: S): void;
}

export interface OpenListenersParts<S extends Session> {
  /** Absolute; access rules are found from here. */
  readonly home: string;
  readonly queueDir: string;
  readonly listeners: readonly PlacedListener[];
  readonly clock: Clock;
  /** Connections that the process's descriptor limit allows all front threads together. */
  readonly descriptors: number;
  /** May everybody come in where a listener has no rules, or only this machine? */
  readonly openWithoutRules: boolean;
  /** Milliseconds that a session may be silent; absent: control/timeoutsmtpd. */
  readonly silentMs?: number;
  warn(text: string): void;
  /** One line of the log about a client that is blocked. */
  note?(text: string): void;
  begin(arrival: Arrival<S>): S;
}

const tickMs = 1_000;
/** Contract: a connection without a complete command for 30 s makes room for a waiting one. */
const idleMs = 30_000;

/** One open listener with its guests. */
class OpenListener<S extends Session> {
  readonly admission: Admission<S>;
  readonly setting: ListenerSetting;
  readonly access: Access;
  /** What is asked about each client before it comes in, if anything. */
  inquiry: Inquiry | undefined;
  listener: Listener | undefined;
  /** Clients without a place, when that was last looked at. */
  rejected = 0;

  constructor({ setting, counts }: PlacedListener, access: Access, limits: AdmissionLimits) {
    this.setting = setting;
    this.access = access;
    this.admission = new Admission(limits, counts);
  }
}

export class OpenListeners<S extends Session> {
  readonly #parts: OpenListenersParts<S>;
  readonly #open: OpenListener<S>[] = [];
  #settings: Settings;
  #cancelTick: Cancel | undefined;
  readonly #lobby = new Lobby();
  readonly #spare = new SpareDescriptors();
  readonly #told = new ToldLately();
  #denied = 0;
  #blocked = 0;
  #over = false;
  #whenEmpty: (() => void) | undefined;

  constructor(settings: Settings, parts: OpenListenersParts<S>) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Rejects with the system's error when a listener cannot be opened. */
  async start(): Promise<void> {
    for (const placed of this.#parts.listeners) {
      const { setting, at } = placed;
      const open = new OpenListener<S>(placed, this.#accessOf(setting), this.#limits(setting));
      open.inquiry = this.#inquiryOf(setting);
      this.#open.push(open);
      open.listener = await listen(at, (socket) => this.#arrived(open, socket));
    }
    if (this.#open.length > 0) this.#cancelTick = this.#parts.clock.every(tickMs, () => this.#tick());
  }

  /** Ports in use, in the order of the listeners (tests listen on port 0). */
  get ports(): readonly number[] {
    return this.#open.map(({ listener }) => listener?.port ?? 0);
  }

  #accessOf({ options }: ListenerSetting): Access {
    const { home, warn, openWithoutRules } = this.#parts;
    const rules = options.rules === undefined ? undefined : new RulesFile(home, options.rules);
    return new Access(rules, warn, openWithoutRules, options.rblcode === '553');
  }

  #inquiryOf({ options }: ListenerSetting): Inquiry | undefined {
    const setting = inquirySetting(options);
    if (setting === undefined) return undefined;
    return new Inquiry(setting, { nameservers: this.#settings.nameservers, clock: () => this.#parts.clock.monotonic() });
  }

  #arrived(open: OpenListener<S>, socket: Connected): void {
    const ends = endsOf(socket);
    if (open.inquiry === undefined) this.#comes(open, socket, ends, open.access.rights({ ip: ends.remote.address }));
    else void this.#ask(open, open.inquiry, socket, ends);
  }

  /** The client waits unread while others are asked about it. */
  async #ask(open: OpenListener<S>, inquiry: Inquiry, socket: Connected, ends: ConnectionEnds): Promise<void> {
    const place = this.#lobby.enter(socket, ends.remote.address, this.#limits(open.setting));
    if (place === undefined) {
      this.#denied += 1;
      socket.destroy();
      return;
    }
    try {
      const rights = await inquiry.rights(ends, (client) => open.access.rights(client));
      if (!socket.destroyed && !this.#over) this.#comes(open, socket, ends, rights);
      else socket.destroy();
    } finally {
      this.#lobby.leave(place);
    }
  }

  #comes(open: OpenListener<S>, socket: Connected, { local, remote }: ConnectionEnds, rights: Rights | undefined): void {
    if (rights === undefined) {
      // Without a word, as a client sees it that tcpserver denies.
      this.#denied += 1;
      socket.destroy();
      return;
    }
    const { begin, clock, home, queueDir } = this.#parts;
    if (rights.blocked !== undefined) this.#tellBlocked(remote.address, rights.blocked);
    const session = begin({
      socket,
      rights,
      local: local.address,
      filter: filterFor(rights, { home, queueDir, local, remote }),
      progressed: (guest) => open.admission.progressed(guest, clock.monotonic()),
      left: (guest) => this.#left(open, guest),
    });
    if (!this.#spare.isScarce(descriptorOf(socket) ?? 0, clock.monotonic())) open.admission.arrive(session, clock.monotonic());
    else {
      open.admission.turnAway(session);
      // Its descriptor is needed now; without a free one the next clients would be cut off without a word.
      socket.once('finish', () => void socket.destroy());
    }
  }

  #tellBlocked(address: string, { code, text }: Block): void {
    this.#blocked += 1;
    this.#parts.note?.(`blocked ${address}: ${code} ${text}`);
  }

  #limits(setting: ListenerSetting): AdmissionLimits {
    const own = Number(setting.options.max);
    // Who waits has a descriptor too: a quarter of them is left for the rest of the process.
    const { descriptors } = this.#parts;
    const all = Math.floor(descriptors * 1.5);
    const most = Math.min(all, own > 0 ? own : (this.#settings.concurrencyincoming ?? descriptors));
    const mostPerAddress = this.#settings.concurrencyperip ?? Math.max(10, Math.floor(most / 4));
    return { most, mostPerAddress, idleMs, mostWaiting: Math.min(Math.max(100, most), Math.max(10, all - most)) };
  }

  #left(open: OpenListener<S>, session: S): void {
    open.admission.left(session, this.#parts.clock.monotonic());
    if (this.#whenEmpty !== undefined && this.#connections === 0) this.#whenEmpty();
  }

  get #connections(): number {
    return this.#open.reduce((sum, { admission }) => sum + admission.admitted + admission.waiting, 0);
  }

  #tick(): void {
    const now = this.#parts.clock.monotonic();
    const silentMs = this.#parts.silentMs ?? this.#settings.timeoutsmtpd * 1000;
    for (const { admission } of this.#open) {
      const late = [...admission.stale(now - silentMs)];
      for (const session of late) session.timeout();
      admission.makeRoom(now);
    }
    for (const open of this.#open) this.#tellCrowd(open, now);
  }

  /** A house that is full is told once, and again only when it still or again is after a while. */
  #tellCrowd(open: OpenListener<S>, now: number): void {
    const { admitted, waiting, rejected } = open.admission;
    const crowded = waiting > 0 || rejected > open.rejected;
    open.rejected = rejected;
    if (!crowded) return;
    const { protocol, address, port } = open.setting;
    const line = this.#told.tell(`${protocol} ${address}:${port}: more clients than places`, now);
    const figures = `${admitted} connections, ${waiting} wait, ${rejected} were told to come again`;
    if (line !== undefined) this.#parts.warn(`${line}; idle ones make room (${figures})`);
  }

  /** Open sessions keep what they began with. */
  reload(settings: Settings): void {
    this.#settings = settings;
    for (const open of this.#open) {
      open.admission.limits = this.#limits(open.setting);
      open.inquiry = this.#inquiryOf(open.setting);
    }
  }

  /** Listens no more; resolves when the last session is gone. */
  async drain(): Promise<void> {
    this.#over = true;
    this.#lobby.empty();
    await Promise.race([
      Promise.all(this.#open.map(({ listener }) => listener?.close())),
      new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        for (const { admission } of this.#open) for (const session of [...admission.all()]) session.drain();
        if (this.#connections === 0) resolve();
      }),
    ]);
  }

  stop(): void {
    this.#over = true;
    this.#lobby.empty();
    this.#cancelTick?.();
    for (const { admission, listener } of this.#open) {
      // Without a drain before, it listens still.
      void listener?.close();
      for (const session of [...admission.all()]) session.evict();
    }
  }

  /** Of all listeners together; `name` is the actor's. */
  counters(name: string): Counters {
    const sum = (pick: (admission: Admission<S>) => number): number =>
      this.#open.reduce((total, { admission }) => total + pick(admission), 0);
    return {
      [`${name}.connections`]: sum((admission) => admission.admitted),
      [`${name}.waiting`]: sum((admission) => admission.waiting),
      [`${name}.evicted`]: sum((admission) => admission.evicted),
      [`${name}.rejected`]: sum((admission) => admission.rejected),
      [`${name}.denied`]: this.#denied,
      [`${name}.blocked`]: this.#blocked,
      [`${name}.noDescriptors`]: this.#spare.turnedAway(this.#parts.clock.monotonic()),
    };
  }
}

function endsOf(socket: Connected): ConnectionEnds {
  return {
    local: { address: plainAddress(socket.localAddress ?? 'unknown'), port: socket.localPort ?? 0 },
    remote: { address: plainAddress(socket.remoteAddress ?? 'unknown'), port: socket.remotePort ?? 0 },
  };
}

/** An IPv4 address mapped into IPv6 is that IPv4 address, for rules and for logs. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
