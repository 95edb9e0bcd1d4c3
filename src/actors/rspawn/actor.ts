/**
 * rspawn: gives every remote delivery a session (a kept connection to the same servers, or a new one),
 * reads its body once, and keeps the table of hosts that are down. It opens no sockets itself.
 */
import { join } from 'node:path';
import type { Outcome } from '../../protocol/mail.js';
import { type Route, routeFor, sessionKey } from '../../protocol/mx.js';
import type { Settings } from '../../protocol/settings.js';
import { type Actor, type ActorContext, type Counters, isUnanswered, type Unanswered } from '../kernel/actor.js';
import type { Cancel } from '../kernel/clock.js';
import type { Delivery, RemoteDelivery, RemoteReport, Report } from '../messages.js';
import type { RemoteSlots, SessionStart } from '../spawn/remote-slots.js';
import { DownHosts } from './down-hosts.js';
import { type KeptSession, KeptSessions } from './kept-sessions.js';
import { Recent } from './recent.js';

const tickMs = 1_000;
const mostRoutes = 10_000;

interface HostRoute {
  readonly target: Route;
  readonly key: string;
}

const noMessage: Outcome = { status: 'Z', text: 'qmail-spawn unable to open message. (#4.3.0)\n' };
const crashed: Outcome = { status: 'Z', text: 'qmail-remote crashed.\n' };
const busy: Outcome = { status: 'Z', text: 'System resources temporarily unavailable. (#4.3.0)\n' };

const all = (delivery: Delivery, outcome: Outcome): Report => ({ outcomes: delivery.recipients.map(() => outcome) });

/** What the resolver says when name servers did not help (resolver.ts). */
const isUnresolved = ({ status, text }: Outcome): boolean => status === 'Z' && text.includes('(#4.1.2)');

class RspawnActor implements Actor<'rspawn'> {
  readonly #context: ActorContext<'rspawn'>;
  readonly #slots: RemoteSlots;
  readonly #kept: KeptSessions;
  readonly #down: DownHosts;
  #settings: Settings;
  #sessionSettings: SessionStart['settings'];
  #cancel: Cancel | undefined;
  /** Routes worked out since the settings changed. */
  readonly #routes = new Map<string, HostRoute>();
  #opened = 0;
  #delivered = 0;
  readonly #unresolved: Recent;

  constructor(context: ActorContext<'rspawn'>, slots: RemoteSlots) {
    this.#context = context;
    this.#slots = slots;
    this.#settings = context.settings;
    this.#sessionSettings = sessionSettings(context.settings);
    this.#down = new DownHosts(context.queueDir, context.clock);
    this.#unresolved = new Recent(context.clock);
    this.#kept = new KeptSessions(context.settings.concurrencyremote);
  }

  readonly handlers: Actor<'rspawn'>['handlers'] = {
    deliver: (delivery) => this.#deliver(delivery),
    forgetDown: () => this.#down.clear(),
  };

  start(): void {
    this.#down.clear();
    this.#cancel = this.#context.clock.every(tickMs, () => this.#kept.closeIdle(this.#context.clock.monotonic()));
  }

  async #deliver(delivery: Delivery): Promise<Report> {
    const kept = this.#session(delivery);
    const loaded = await this.#load(delivery, kept);
    if (loaded === undefined) {
      this.#kept.give(kept, this.#context.clock.monotonic());
      return all(delivery, noMessage);
    }
    const report = await kept.slot.deliver(loaded);
    return this.#reported(delivery, kept, report);
  }

  #session(delivery: Delivery): KeptSession {
    const { clock } = this.#context;
    const { target, key } = this.#routeOf(delivery.host);
    const idle = this.#kept.take(key);
    if (idle !== undefined) return idle;
    this.#opened += 1;
    const slot = this.#slots.open({ target, settings: this.#sessionSettings, skip: this.#down.addresses() });
    return this.#kept.add(key, slot, clock.monotonic());
  }

  #routeOf(host: string): HostRoute {
    let known = this.#routes.get(host);
    if (known === undefined) {
      const target = routeFor(host, this.#settings);
      known = { target, key: sessionKey(target) };
      if (this.#routes.size >= mostRoutes) this.#routes.clear();
      this.#routes.set(host, known);
    }
    return known;
  }

  async #load(delivery: Delivery, kept: KeptSession): Promise<RemoteDelivery | undefined> {
    const { message, sender, recipients, shared } = delivery;
    const { session } = kept.slot;
    // Written out three times: the engine takes a copy with further fields for another kind of object each time.
    if (shared && kept.slot.holds(message)) return { message, session, sender, recipients, shared, form: 'wire' };
    const body = await this.#context.peers.queue.ask('read', message);
    if (body === undefined || isUnanswered(body)) return undefined;
    const { form } = body;
    if (!('file' in body)) return { message, session, sender, recipients, shared, form, bytes: body.bytes };
    return { message, session, sender, recipients, shared, form, file: join(this.#context.queueDir, 'body', body.file) };
  }

  #reported(delivery: Delivery, kept: KeptSession, report: RemoteReport | Unanswered): Report {
    if (isUnanswered(report)) {
      this.#kept.drop(kept);
      kept.slot.close();
      return report.why === 'full' ? all(delivery, busy) : { ...all(delivery, crashed), lost: true };
    }
    this.#down.learn(report.timedOut, report.reached);
    this.#delivered += 1;
    if (report.outcomes.some(isUnresolved)) this.#unresolved.count();
    if (report.closed) this.#kept.drop(kept);
    else if (this.#settings.remotegreet === 'helo') this.#kept.end(kept);
    else this.#kept.give(kept, this.#context.clock.monotonic());
    return { outcomes: report.outcomes };
  }

  reload(settings: Settings): void {
    this.#settings = settings;
    this.#routes.clear();
    this.#sessionSettings = sessionSettings(settings);
    this.#kept.resize(settings.concurrencyremote);
    this.#slots.resize(settings);
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#kept.closeAll();
    await this.#slots.close();
  }

  counters(): Counters {
    return {
      'rspawn.threads': this.#slots.threads,
      'rspawn.restarts': this.#slots.restarts,
      'rspawn.sessions': this.#kept.count,
      'rspawn.opened': this.#opened,
      'rspawn.deliveries': this.#delivered,
      'rspawn.unresolved': this.#unresolved.now,
      'rspawn.downHosts': this.#down.addresses().length,
    };
  }
}

function sessionSettings(settings: Settings): SessionStart['settings'] {
  const { helohost, remotegreet, timeoutconnect, timeoutremote, nameservers } = settings;
  return { helohost, remotegreet, timeoutconnect, timeoutremote, nameservers };
}

export function createRspawn(context: ActorContext<'rspawn'>, slots: RemoteSlots): Actor<'rspawn'> {
  return new RspawnActor(context, slots);
}
