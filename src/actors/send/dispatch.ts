/**
 * Slots meet passes: starts deliveries while slots are free, and books what comes back. It keeps no
 * mail and writes nothing to the queue; finished rows are handed to the job's keeper.
 */
import type { Channel, Outcome } from '../../protocol/mail.js';
import { lastOutcome } from '../../protocol/retry.js';
import type { Settings } from '../../protocol/settings.js';
import { expandVerp } from '../../protocol/verp.js';
import { crashAt } from '../../store/crash-points.js';
import { isUnanswered, type Peers, type Unanswered } from '../kernel/actor.js';
import type { ActivityLog } from '../kernel/log.js';
import type { Delivery, Report } from '../messages.js';
import type { Destinations } from './destinations.js';
import type { Job, Pass, Row } from './job.js';
import { type Gate, hasWaiting, hostOf, isRoomAside, rowsOf, takeAside, takeGroup } from './pass.js';
import { heldOutcome } from './quarantine.js';
import type { Slots } from './slots.js';
import { lotSize, Windows } from './windows.js';

/** Deliveries that one message may start before the next message of the channel has its turn. */
const turn = 10;

export interface DispatchParts {
  readonly peers: Peers<'send'>;
  readonly log: ActivityLog;
  readonly slots: Slots;
  readonly destinations: Destinations;
}

export interface DispatchEvents {
  /** A row is done; `bounce` is the text of a failure. */
  done(job: Job, row: Row, failure: string | undefined): void;
  /** A delivery of the job ended without a report; `crashed`: together with its thread, when `begun` was the last one begun. */
  lost(job: Job, delivery: number, crashed: boolean, begun: number): void;
  /** A delivery of the job was reported on. */
  reported(job: Job): void;
  /** The job's message must not be tried. */
  isHeld(job: Job): boolean;
  /** It may have ended a thread: tried only while no other such message is. */
  isSuspect(job: Job): boolean;
  passOver(pass: Pass): void;
  /** Mail for this host waits until somebody asks for it. */
  held(host: string): boolean;
  /** As many messages are in memory as may be, most of them waiting for the disk. */
  crowded(): boolean;
  /** The channel could take more messages now. */
  room(channel: Channel): void;
}

const crashed: Readonly<Record<Channel, string>> = { local: 'qmail-local crashed.\n', remote: 'qmail-remote crashed.\n' };

/** What a stop leaves no more time for. */
const cutOff: Outcome = { status: 'Z', text: 'The server stopped before this delivery was over. (#4.3.2)\n' };

function lostReport(why: Unanswered['why'], channel: Channel): Outcome {
  if (why === 'full' || why === 'stopping') return { status: 'Z', text: 'System resources temporarily unavailable. (#4.3.0)\n' };
  return { status: 'Z', text: crashed[channel] };
}

async function heldReport(group: readonly Row[]): Promise<Report> {
  return { outcomes: group.map(() => heldOutcome) };
}

export class Dispatcher {
  readonly #peers: Peers<'send'>;
  readonly #log: ActivityLog;
  readonly #slots: Slots;
  readonly #destinations: Destinations;
  readonly #gate: Gate;
  readonly #events: DispatchEvents;
  readonly #ready: Readonly<Record<Channel, Pass[]>> = { local: [], remote: [] };
  #settings: Settings;
  readonly #windows = new Windows();
  #lastDelivery = 0;
  /** A message that may have ended a thread is being tried. */
  #trial = false;
  #stopping = false;
  paused = false;
  /** Outcomes of recipients since the start. */
  readonly outcomes = { K: 0, Z: 0, D: 0 };

  constructor({ peers, log, slots, destinations }: DispatchParts, settings: Settings, events: DispatchEvents) {
    this.#peers = peers;
    this.#log = log;
    this.#slots = slots;
    this.#destinations = destinations;
    this.#settings = settings;
    this.#events = events;
    this.#gate = {
      held: (host) => events.held(host),
      turnOf: (host, pass) => destinations.turnOf(host, pass.many, pass.asideRows),
      setAside: (host, pass) => destinations.setAside(host, pass),
    };
  }

  reload(settings: Settings): void {
    this.#settings = settings;
    this.#slots.resize(settings);
  }

  stopStarting(): void {
    this.#stopping = true;
  }

  /** True while the channel may open another message: enough wait to keep every slot at work, no more. */
  hasRoom(channel: Channel): boolean {
    return this.#roomFor(channel, 1);
  }

  /** True when it is worth to look for messages: half of the room is free, so that they are read in lots. */
  wantsMore(channel: Channel): boolean {
    return this.#roomFor(channel, 0.5);
  }

  #roomFor(channel: Channel, share: number): boolean {
    const most = this.#slots.most(channel);
    if (most === 0 || this.#stopping || this.paused || this.#events.crowded()) return false;
    return this.#ready[channel].length < (100 + 2 * most) * share;
  }

  add(pass: Pass): void {
    this.#ready[pass.channel].push(pass);
    this.fill(pass.channel);
  }

  /** Takes the job's passes off again; false, and nothing changed, while one of them is under way. */
  withdraw(job: Job): boolean {
    const passes = [...job.passes.values()];
    if (passes.some(({ running, reading }) => running > 0 || reading)) return false;
    for (const pass of passes) {
      for (const host of pass.aside.keys()) this.#destinations.takeBack(host, pass);
      pass.aside.clear();
      pass.asideRows = 0;
      this.#takeOff(pass);
    }
    return true;
  }

  #takeOff(pass: Pass): void {
    pass.job.passes.delete(pass.channel);
    this.#windows.over(pass);
    const ready = this.#ready[pass.channel];
    const at = ready.indexOf(pass);
    if (at >= 0) ready.splice(at, 1);
  }

  fill(channel: Channel): void {
    const ready = this.#ready[channel];
    while (this.#slots.free(channel) && !this.#stopping && !this.paused) {
      if (channel === 'remote' && this.#startAside()) continue;
      if (ready.length === 0 || !this.#passBlocked(ready)) break;
      const pass = ready[0] as Pass;
      const group = takeGroup(pass, this.#groupSize(pass), this.#gate);
      if (group.length > 0) {
        this.#start(pass, group);
        pass.begun += 1;
        if (pass.begun >= turn) this.#giveTurn(ready);
        continue;
      }
      ready.shift();
      if (pass.unread !== undefined && isRoomAside(pass)) void this.#read(pass);
      else this.#overIfIdle(pass);
    }
    this.#events.room(channel);
  }

  /** Starts a delivery for a host whose mail waits aside; false when none may have a slot now. */
  #startAside(): boolean {
    if (this.#destinations.aside === 0) return false;
    const leaves = this.#destinations.leavesSlots();
    const next = this.#destinations.next((pass) => (leaves || !pass.many) && this.#mayTry(pass));
    if (next === undefined) return false;
    const { pass, host } = next;
    const group = takeAside(pass, host, this.#groupSize(pass));
    if (!pass.aside.has(host)) this.#destinations.takeBack(host, pass);
    const ready = this.#ready.remote;
    // There may be more in the queue, for which there was no room aside.
    if (pass.unread !== undefined && !pass.reading && !ready.includes(pass) && isRoomAside(pass)) ready.push(pass);
    this.#start(pass, group);
    return true;
  }

  #giveTurn(ready: Pass[]): void {
    const pass = ready[0] as Pass;
    pass.begun = 0;
    if (ready.length > 1) ready.push(ready.shift() as Pass);
  }

  /** Puts the first pass in front that may start a delivery now; false when there is none. */
  #passBlocked(ready: Pass[]): boolean {
    if (ready[0]?.many !== true && !this.#trial) return true;
    const leaves = this.#destinations.leavesSlots();
    const at = ready.findIndex((pass) => (!pass.many || leaves) && this.#mayTry(pass));
    if (at > 0) ready.unshift(...ready.splice(at, 1));
    return at >= 0;
  }

  /** While a message is on trial no other such message is tried. */
  #mayTry({ job }: Pass): boolean {
    return !this.#trial || !this.#events.isSuspect(job);
  }

  #groupSize(pass: Pass): number {
    const verp = pass.job.head.sender.endsWith('-@[]');
    return pass.channel === 'remote' && !verp ? this.#settings.rcptspertransaction : 1;
  }

  async #read(pass: Pass): Promise<void> {
    if (pass.reading || pass.unread === undefined) return;
    pass.reading = true;
    const { recipientCount, id } = pass.job.head;
    const rows: Row[] = [];
    let lots = this.#windows.lots(pass, this.#groupSize(pass) > 1);
    for (; lots > 0 && pass.unread !== undefined; lots -= 1) {
      const from: number = pass.unread;
      const stored = await this.#peers.queue.ask('recipients', { id, from, limit: lotSize });
      // The pass ends early; what it did not reach is tried again like a deferral.
      if (isUnanswered(stored)) break;
      rows.push(...rowsOf(stored, pass.channel));
      const read = from + stored.length;
      // Fewer than there are: the rest is damaged. The message must not end as if they were done.
      if (stored.length < lotSize && read < recipientCount) pass.deferred += 1;
      pass.unread = read < recipientCount && stored.length === lotSize ? read : undefined;
      // Sockets have their turn between two lots.
      if (lots > 1) await new Promise((resolve) => setImmediate(resolve));
    }
    if (lots > 0 && pass.unread !== undefined) {
      pass.unread = undefined;
      pass.deferred += 1;
    }
    pass.reading = false;
    pass.rows = rows;
    pass.from = 0;
    pass.byHost = undefined;
    this.add(pass);
  }

  #start(pass: Pass, group: readonly Row[]): void {
    const { job, channel } = pass;
    const { head } = job;
    const first = group[0] as Row;
    const id = this.#lastDelivery + 1;
    this.#slots.take(channel);
    pass.running += 1;
    for (const row of group) {
      this.#lastDelivery += 1;
      this.#log.write({
        event: 'starting delivery',
        delivery: this.#lastDelivery,
        msg: head.id,
        channel,
        recipient: row.address,
      });
      this.logStatus();
    }
    const delivery: Delivery = {
      id,
      message: head.id,
      channel,
      host: hostOf(first.address),
      sender: expandVerp(head.sender, first.address),
      recipients: group.map((row) => row.address),
      index: first.index,
      birth: head.birth,
      unixSize: head.unixSize,
      repeated: job.repeated,
      shared: head.recipientCount > group.length,
    };
    crashAt('delivery.starting');
    const spawner = channel === 'local' ? this.#peers.lspawn : this.#peers.rspawn;
    const held = this.#events.isHeld(job);
    const made = held ? heldReport(group) : spawner.ask('deliver', delivery);
    const trial = !this.#trial && this.#events.isSuspect(job);
    if (trial) this.#trial = true;
    const host = delivery.host.toLowerCase();
    if (channel === 'remote' && !held) this.#destinations.begun(host, id, pass.many);
    void made.then((report) => {
      this.#destinations.ended(host, id, !isUnanswered(report) && report.outcomes.some(({ status }) => status === 'K'));
      this.#reported(pass, group, id, report);
      if (trial) this.#trialOver();
    });
  }

  #reported(pass: Pass, group: readonly Row[], firstId: number, report: Report | Unanswered): void {
    const { job, channel } = pass;
    crashAt('delivery.reported');
    this.#slots.give(channel);
    pass.running -= 1;
    // Nobody can tell whether a delivery without a report took place.
    const lost = isUnanswered(report) || report.lost === true;
    if (lost) {
      job.repeated = true;
      this.#events.lost(job, firstId, !isUnanswered(report), this.#lastDelivery);
    } else this.#events.reported(job);
    group.forEach((row, i) => {
      const outcome = isUnanswered(report) ? lostReport(report.why, channel) : report.outcomes[i];
      this.#book(pass, row, firstId + i, lost && this.#stopping && outcome?.status === 'Z' ? cutOff : outcome);
      this.logStatus();
    });
    if (channel === 'remote' && group.some((row) => row.state === 'done')) {
      this.#slots.park();
      job.parked += 1;
    }
    this.#overIfIdle(pass);
    this.fill(channel);
  }

  /** Those who waited for its end may be tried. */
  #trialOver(): void {
    this.#trial = false;
    this.fill('local');
    this.fill('remote');
  }

  #book(pass: Pass, row: Row, delivery: number, reported: Outcome | undefined): void {
    if (reported === undefined) {
      this.outcomes.Z += 1;
      this.#log.write({ event: 'delivery', delivery, result: 'mangled', text: '' });
      row.state = 'deferred';
      pass.deferred += 1;
      return;
    }
    const outcome = pass.dying ? lastOutcome(reported) : reported;
    this.outcomes[outcome.status] += 1;
    const result = outcome.status === 'K' ? 'success' : outcome.status === 'D' ? 'failure' : 'deferral';
    this.#log.write({ event: 'delivery', delivery, result, text: outcome.text });
    if (outcome.status === 'Z') {
      row.state = 'deferred';
      pass.deferred += 1;
      return;
    }
    row.state = 'done';
    this.#events.done(pass.job, row, outcome.status === 'D' ? outcome.text : undefined);
  }

  #overIfIdle(pass: Pass): void {
    if (pass.running > 0 || pass.unread !== undefined || pass.reading || hasWaiting(pass)) return;
    if (pass.job.passes.get(pass.channel) !== pass) return;
    this.#takeOff(pass);
    this.#events.passOver(pass);
  }

  logStatus(): void {
    this.#log.write({
      event: 'status',
      local: this.#slots.used('local'),
      localMax: this.#slots.most('local'),
      remote: this.#slots.used('remote'),
      remoteMax: this.#slots.most('remote'),
      exitasap: this.#stopping,
    });
  }
}
