/**
 * send: decides what is tried when. It takes accepted messages in, routes them, opens passes while
 * there is room, and has the rest kept for later. It never touches a socket or the store itself.
 */

import { bounceParagraph } from '../../protocol/bounce/qsbmf.js';
import type { Channel } from '../../protocol/mail.js';
import { compileRouting, type Routing } from '../../protocol/routing.js';
import type { Settings } from '../../protocol/settings.js';
import { crashAt } from '../../store/crash-points.js';
import type { Looked, MessageHead, MessageId } from '../../store/queue-store.js';
import type { Actor, ActorContext, Counters } from '../kernel/actor.js';
import { type Cancel, secondsOf } from '../kernel/clock.js';
import { ActivityLog } from '../kernel/log.js';
import { NumberMap } from '../kernel/number-map.js';
import type { Queued } from '../messages.js';
import type { Order, OrderCounts } from '../node-api.js';
import { Announcer } from './announcer.js';
import { Bouncer } from './bounce.js';
import { BounceRate } from './bounce-rate.js';
import { ClockWatch } from './clock-watch.js';
import { Destinations } from './destinations.js';
import { Dispatcher } from './dispatch.js';
import { Doubtful } from './doubtful.js';
import { Intake } from './intake.js';
import { Job, type Row } from './job.js';
import { Keeper } from './keeper.js';
import { keepLookedMs, LookedKeeper } from './looked.js';
import { OnDemand } from './on-demand.js';
import { Orders } from './orders.js';
import { openPass } from './pass.js';
import { Quarantine } from './quarantine.js';
import { Schedule } from './schedule.js';
import { Slots } from './slots.js';
import { StoredMail } from './stored-mail.js';
import { TakenHosts } from './taken-hosts.js';

type Context = ActorContext<'send'>;
const channels = ['local', 'remote'] as const;

/** Messages in memory, beyond those that slots and passes need, before no more are opened. */
const mostWaitingForDisk = 4_000;
/** How often the queue is looked at for messages whose hint was lost (milliseconds). */
const rescanMs = 60_000;

export interface SendOptions {
  /** Messages with a lower number were accepted by an earlier run: their deliveries may have happened. */
  readonly firstId: MessageId;
  /** How far the earlier run's channels had looked. */
  readonly looked?: Looked | undefined;
}

class SendActor implements Actor<'send'> {
  readonly #context: Context;
  readonly #log: ActivityLog;
  readonly #jobs = new NumberMap<Job>();
  readonly #slots: Slots;
  readonly #destinations: Destinations;
  readonly #takenHosts: TakenHosts;
  readonly #onDemand: OnDemand;
  readonly #intake = { local: new Intake(), remote: new Intake() };
  readonly #schedule: Readonly<Record<Channel, Schedule>>;
  readonly #dispatch: Dispatcher;
  readonly #keeper: Keeper;
  readonly #bounceRate: BounceRate;
  readonly #stored: StoredMail;
  readonly #orders: Orders;
  #routing: Routing;
  #settings: Settings;
  readonly #announcer: Announcer;
  readonly #doubtful: Doubtful;
  readonly #quarantine = new Quarantine();
  readonly #clockWatch: ClockWatch;
  #crowded = false;
  readonly #looked: LookedKeeper;
  #cancels: readonly Cancel[] = [];
  #whenIdle: (() => void) | undefined;

  constructor(context: Context, options: SendOptions) {
    const { peers, clock, settings } = context;
    this.#context = context;
    this.#settings = settings;
    this.#routing = compileRouting(settings);
    this.#clockWatch = new ClockWatch(clock);
    this.#log = new ActivityLog(peers.splogger, settings);
    this.#announcer = new Announcer(this.#log, options.firstId);
    this.#doubtful = new Doubtful(options.firstId);
    this.#looked = new LookedKeeper(peers, this.#jobs, this.#intake, settings);
    this.#looked.resume(options.looked);
    this.#slots = new Slots(settings);
    const due = (): void => this.#schedule.remote.reread();
    this.#onDemand = new OnDemand({ peers, clock, due, isBusy: () => this.#jobs.size > 0 }, settings);
    this.#destinations = new Destinations(clock, {
      free: () => this.#slots.most('remote') - this.#slots.used('remote'),
      most: () => this.#slots.most('remote'),
    });
    this.#takenHosts = new TakenHosts(context.queueDir, this.#destinations);
    const parts = { peers, log: this.#log, slots: this.#slots, destinations: this.#destinations };
    this.#dispatch = new Dispatcher(parts, settings, {
      done: (job, row, failure) => this.#done(job, row, failure),
      lost: (job, delivery, crashed, begun) =>
        this.#lost(job.head.id, crashed && this.#quarantine.crashed(job.head.id, delivery, begun)),
      reported: (job) => this.#quarantine.reported(job.head.id),
      isHeld: (job) => this.#quarantine.holds(job.head.id),
      isSuspect: (job) => this.#quarantine.suspects(job.head.id),
      passOver: (pass) => this.#keeper.passOver(pass),
      held: (host) => this.#onDemand.held(host),
      crowded: () => this.#isCrowded(),
      room: (channel) => this.#room(channel),
    });
    this.#bounceRate = new BounceRate(settings.bouncerate);
    const bouncer = new Bouncer(context, () => this.#settings);
    this.#keeper = new Keeper({
      peers,
      clock,
      log: this.#log,
      jobs: this.#jobs,
      bounce: (job, text) => bouncer.bounce(job, text),
      bounceTurn: () => this.#bounceRate.turn(secondsOf(clock)),
      scheduled: (channel, due) => this.#schedule[channel].added(due),
      ended: (id) => {
        this.#doubtful.forget(id);
        this.#quarantine.forget(id);
      },
      saved: (deliveries) => this.#saved(deliveries),
      forgotten: () => this.#forgotten(),
    });
    this.#schedule = { local: this.#scheduleOf('local'), remote: this.#scheduleOf('remote') };
    this.#stored = this.#storedMail();
    this.#orders = new Orders({
      peers,
      clock,
      log: this.#log,
      jobs: this.#jobs,
      routing: () => this.#routing,
      freshJob: (head, recipients) => this.#jobOf(head, recipients),
      withdraw: (job) => this.#dispatch.withdraw(job),
      settle: (job) => this.#keeper.settle(job),
    });
  }

  readonly handlers: Actor<'send'>['handlers'] = {
    queued: (queued) => this.#queued(queued),
    flush: ({ names }) => this.#onDemand.hint(names),
  };

  #storedMail(): StoredMail {
    return new StoredMail({
      peers: this.#context.peers,
      clock: this.#context.clock,
      intake: this.#intake,
      jobs: this.#jobs,
      routing: () => this.#routing,
      announce: (head) => this.#announcer.announce(head),
      hasRoom: (channel) => this.#dispatch.hasRoom(channel),
      jobOf: (head, recipients) => this.#jobOf(head, recipients),
      openFresh: (job, channel) => this.#openFresh(job, channel),
      scheduled: (channel, due) => this.#schedule[channel].added(due),
      room: (channel) => this.#room(channel),
    });
  }

  #scheduleOf(channel: Channel): Schedule {
    return new Schedule({
      channel,
      peers: this.#context.peers,
      clock: this.#context.clock,
      hasRoom: () => this.#dispatch.hasRoom(channel),
      wantsMore: () => this.#dispatch.wantsMore(channel),
      isActive: (id) => this.#jobs.get(id)?.isActive(channel) === true,
      activeCount: () => this.#jobs.size,
      open: (head) => this.#openScheduled(head, channel),
    });
  }

  start(): void {
    this.#takenHosts.recall();
    this.#dispatch.logStatus();
    for (const channel of channels) {
      this.#schedule[channel].reread();
      this.#room(channel);
    }
    const { clock } = this.#context;
    this.#cancels = [clock.every(rescanMs, () => this.#rescan()), clock.every(keepLookedMs, () => void this.#looked.keep())];
  }

  /** Hints may be lost: the queue is looked at now and then, whatever was heard. */
  #rescan(): void {
    this.#takenHosts.keep();
    this.#lookAtClock();
    for (const channel of channels) {
      this.#intake[channel].fallBehind();
      this.#room(channel);
    }
  }

  #queued({ head, recipients }: Queued): void {
    crashAt('intake.heard');
    this.#announcer.announce(head);
    let job: Job | undefined;
    for (const channel of channels) {
      const intake = this.#intake[channel];
      if (!intake.hears(head.id)) this.#room(channel);
      else if (recipients === undefined || !this.#dispatch.hasRoom(channel)) {
        intake.fallBehind();
        this.#room(channel);
      } else {
        intake.passed(head.id);
        job ??= this.#jobOf(head, recipients);
        this.#openFresh(job, channel);
      }
    }
  }

  #jobOf(head: MessageHead, recipients: readonly string[]): Job {
    const known = this.#jobs.get(head.id);
    if (known !== undefined) return known;
    const rows = recipients.map((recipient, index): Row => {
      const { channel, address } = this.#routing.route(recipient);
      return { index, channel, address, state: 'waiting' };
    });
    const job = new Job(head, rows, this.#doubtful.has(head.id));
    this.#jobs.set(head.id, job);
    return job;
  }

  #openFresh(job: Job, channel: Channel): void {
    if (job.preprocessed || job.ended || job.withdrawn || job.passes.has(channel)) return;
    const rows = job.fresh.filter((row) => row.channel === channel && row.state === 'waiting');
    if (rows.length > 0) {
      this.#openPass(job, channel, undefined, rows);
    } else if (job.idle) this.#keeper.touch(job);
  }

  #openScheduled(head: MessageHead, channel: Channel): void {
    const job = this.#jobs.get(head.id) ?? new Job(head, [], this.#doubtful.has(head.id));
    this.#jobs.set(head.id, job);
    this.#openPass(job, channel, head.due?.[channel]);
  }

  /** `due`: when this pass was planned for; undefined for the first one of a message. */
  #openPass(job: Job, channel: Channel, due: number | undefined, rows?: readonly Row[]): void {
    this.#lookAtClock();
    const now = secondsOf(this.#context.clock);
    const dying = this.#clockWatch.isDying(job.head.birth, due, now, this.#settings.queuelifetime);
    this.#dispatch.add(openPass({ job, channel, now, dying, many: this.#destinations.isForMany(job.head), rows }));
  }

  /** A clock that was set back left every try in a future that may be days away: all are due now. */
  #lookAtClock(): void {
    const jump = this.#clockWatch.look();
    if (jump === 0) return;
    const what = jump > 0 ? 'forward; no message is given up before it was tried once more' : 'back; all messages are due now';
    this.#log.warning(`the clock was set ${Math.abs(jump)} s ${what}`);
    if (jump < 0) void this.allDue();
    else for (const channel of channels) this.#schedule[channel].reread();
  }

  /** Bounds the messages in memory when the disk is slower than the deliveries. */
  #isCrowded(): boolean {
    const most = mostWaitingForDisk + 3 * (this.#slots.most('local') + this.#slots.most('remote'));
    if (this.#jobs.size >= most) this.#crowded = true;
    else if (this.#jobs.size < most / 2) this.#crowded = false;
    return this.#crowded;
  }

  #forgotten(): void {
    if (this.#crowded && !this.#isCrowded()) for (const channel of channels) this.#room(channel);
  }

  #room(channel: Channel): void {
    const intake = this.#intake[channel];
    if (intake.behind && !intake.reading && this.#dispatch.wantsMore(channel)) void this.#stored.read(channel);
    this.#schedule[channel].roomFreed();
    if (this.#whenIdle !== undefined && this.#slots.idle) this.#whenIdle();
  }

  #done(job: Job, row: Row, failure: string | undefined): void {
    job.unsaved.push(row.index);
    if (failure !== undefined) job.unsavedBounce += bounceParagraph(this.#routing.stripVirtual(row.address), failure);
    this.#keeper.touch(job);
  }

  #lost(id: MessageId, held: boolean): void {
    this.#doubtful.add(id);
    if (!held) return;
    this.#log.warning(`msg ${id} is held: its delivery ended a thread three times in a row; tqmail doqueue has it tried again`);
  }

  #saved(deliveries: number): void {
    if (deliveries === 0) return;
    this.#slots.release(deliveries);
    this.#dispatch.fill('remote');
  }

  reload(settings: Settings): void {
    this.#settings = settings;
    this.#log.reload(settings);
    this.#routing = compileRouting(settings);
    this.#onDemand.reload(settings);
    this.#bounceRate.resize(settings.bouncerate);
    this.#dispatch.reload(settings);
    // A recipient that one channel passed over may be its own now.
    if (this.#looked.reload(settings)) this.#lookAgain();
    for (const channel of channels) this.#dispatch.fill(channel);
  }

  /** Everything accepted is looked at once more, by both channels. */
  #lookAgain(): void {
    for (const channel of channels) {
      this.#intake[channel].startOver();
      this.#room(channel);
    }
  }

  /** Every queued message becomes due now (ALRM). */
  async allDue(): Promise<void> {
    this.#quarantine.release();
    await this.#context.peers.queue.ask('allDue', secondsOf(this.#context.clock));
    this.#lookAgain();
    for (const channel of channels) this.#schedule[channel].reread();
  }

  /** Mail for these destinations becomes due now. */
  flush(names: readonly string[]): Promise<number | undefined> {
    return this.#onDemand.flush(names);
  }

  /** An administrator's order for single messages. */
  async order(what: Order, ids: readonly MessageId[]): Promise<OrderCounts> {
    const counts = await this.#orders.order(what, ids);
    // What was withdrawn left room.
    for (const channel of channels) {
      if (what === 'retry') this.#schedule[channel].reread();
      this.#dispatch.fill(channel);
    }
    return counts;
  }

  pause(paused: boolean): void {
    this.#dispatch.paused = paused;
    for (const channel of channels) {
      this.#dispatch.fill(channel);
      this.#schedule[channel].wake();
    }
  }

  async drain(): Promise<void> {
    this.#dispatch.stopStarting();
    for (const channel of channels) this.#schedule[channel].stop();
    if (!this.#slots.idle) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#keeper.idle();
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels) cancel();
    this.#dispatch.stopStarting();
    // The spawners have answered what they had at work: those answers are on their way, and are kept.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#keeper.idle();
    await this.#looked.keep();
    this.#takenHosts.keep();
    this.#log.write({ event: 'exiting' });
    this.#log.flush();
  }

  counters(): Counters {
    return {
      'send.jobs': this.#jobs.size,
      'send.held': this.#quarantine.count,
      'send.aside': this.#destinations.aside,
      'send.asideNew': this.#destinations.asideNew,
      'send.delivered': this.#dispatch.outcomes.K,
      'send.deferred': this.#dispatch.outcomes.Z,
      'send.failed': this.#dispatch.outcomes.D,
      'send.bouncesWaiting': this.#bounceRate.waiting(secondsOf(this.#context.clock)),
      'send.bounces': this.#keeper.bounces,
      'send.slots.local': `${this.#slots.used('local')}/${this.#slots.most('local')}`,
      'send.slots.remote': `${this.#slots.used('remote')}/${this.#slots.most('remote')}`,
      'send.behind.local': this.#intake.local.behind ? 1 : 0,
      'send.behind.remote': this.#intake.remote.behind ? 1 : 0,
      'log.dropped': this.#log.dropped,
    };
  }
}

export interface Send extends Actor<'send'> {
  allDue(): Promise<void>;
  flush(names: readonly string[]): Promise<number | undefined>;
  order(what: Order, ids: readonly MessageId[]): Promise<OrderCounts>;
  pause(paused: boolean): void;
}

export function createSend(context: Context, options: SendOptions): Send {
  return new SendActor(context, options);
}
