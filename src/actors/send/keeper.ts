/**
 * What send makes durable: marks of finished recipients, the routing and next try of what is left, and
 * the end of a message with its bounce. Changes of one message go one after another; those of all
 * messages of a tick meet in one flush of the store.
 */
import type { Channel } from '../../protocol/mail.js';
import { retryAfterTrouble } from '../../protocol/retry.js';
import type { MessageId } from '../../store/queue-store.js';
import type { Peers } from '../kernel/actor.js';
import { isUnanswered } from '../kernel/actor.js';
import type { Clock } from '../kernel/clock.js';
import type { ActivityLog } from '../kernel/log.js';
import type { NumberMap } from '../kernel/number-map.js';
import type { Submission } from '../messages.js';
import type { Job, Pass } from './job.js';

export interface KeeperParts {
  readonly peers: Peers<'send'>;
  readonly clock: Clock;
  readonly log: ActivityLog;
  readonly jobs: NumberMap<Job>;
  /** The bounce for a message with failed recipients; undefined: it must not bounce (a triple bounce). */
  bounce(job: Job, text: string): Promise<Submission | undefined>;
  /** Undefined: a bounce may be made now. Else when its turn comes, in seconds since 1970. */
  bounceTurn(): number | undefined;
  /** The channel has a new entry in the schedule. */
  scheduled(channel: Channel, due: number): void;
  ended(id: MessageId): void;
  /** The outcomes of so many remote deliveries are on disk now. */
  saved(deliveries: number): void;
  /** The job is no longer in memory. */
  forgotten(): void;
}

export class Keeper {
  /** Bounces queued since the start. */
  bounces = 0;
  readonly #parts: KeeperParts;
  #dirty = new Set<Job>();
  #scheduled = false;
  #busy = 0;
  #whenIdle: (() => void)[] = [];

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Something about the job changed; it is looked at once this tick. */
  touch(job: Job): void {
    this.#dirty.add(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  passOver(pass: Pass): void {
    const { job, channel } = pass;
    job.over.push({ channel, due: pass.deferred > 0 ? pass.nextTry : undefined });
    this.touch(job);
  }

  #flush(): void {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const job of dirty) {
      if (job.saving) job.touched = true;
      else void this.#save(job);
    }
  }

  /** As `touch`, at once, for a job that nothing is being saved of. False: not now, and it is tried again later. */
  settle(job: Job): Promise<boolean> {
    return this.#save(job);
  }

  async #save(job: Job): Promise<boolean> {
    job.saving = true;
    this.#busy += 1;
    let kept: boolean;
    do {
      job.touched = false;
      kept = await this.#step(job);
      if (!kept) this.#later(job);
    } while (job.touched);
    job.saving = false;
    this.#busy -= 1;
    if (this.#busy === 0) for (const run of this.#whenIdle.splice(0)) run();
    return kept;
  }

  #later(job: Job): void {
    this.#parts.clock.after(retryAfterTrouble * 1000, () => this.touch(job));
  }

  /** Makes durable what the job has; false when the queue could not, so that it is tried again later. */
  async #step(job: Job): Promise<boolean> {
    if (job.ended) return true;
    const left = job.complete ? 'nothing' : await this.#left(job);
    if (left === 'unknown') return false;
    if (left === 'nothing') return this.#end(job);
    const [marked, kept] = await Promise.all([this.#mark(job), this.#keepRest(job)]);
    if (!marked || !kept) return false;
    if (job.idle && job.over.length === 0 && job.unsaved.length === 0) this.#forget(job);
    return true;
  }

  /** Only this job: another one of the same message may have begun since. */
  #forget(job: Job): void {
    if (this.#parts.jobs.get(job.head.id) === job) this.#parts.jobs.delete(job.head.id);
    this.#parts.forgotten();
  }

  /**
   * Whether the passes that are over were the last of a preprocessed message. Asked before they are taken
   * off the schedule: a message without schedule entry and without end would be forgotten.
   */
  async #left(job: Job): Promise<'nothing' | 'something' | 'unknown'> {
    if (!job.preprocessed || !job.idle || job.over.length === 0) return 'something';
    if (job.over.some(({ due }) => due !== undefined)) return 'something';
    const head = await this.#parts.peers.queue.ask('head', job.head.id);
    if (isUnanswered(head)) return 'unknown';
    const over = job.over.map(({ channel }) => channel);
    const other = (['local', 'remote'] as const).some((channel) => head?.due?.[channel] !== undefined && !over.includes(channel));
    return head === undefined || other ? 'something' : 'nothing';
  }

  async #mark(job: Job): Promise<boolean> {
    if (job.unsaved.length === 0) return true;
    const indexes = job.unsaved;
    const bounceText = job.unsavedBounce;
    const { parked } = job;
    job.unsaved = [];
    job.unsavedBounce = '';
    job.parked = 0;
    if (bounceText !== '') job.savedBounce = true;
    const marks = bounceText === '' ? { id: job.head.id, indexes } : { id: job.head.id, indexes, bounceText };
    const kept = await this.#parts.peers.queue.ask('mark', marks);
    if (kept === true) {
      this.#parts.saved(parked);
      return true;
    }
    job.parked += parked;
    job.unsaved = [...indexes, ...job.unsaved];
    job.unsavedBounce = bounceText + job.unsavedBounce;
    this.#parts.log.warning(`trouble marking remote/${job.head.id}; message will be delivered twice!`);
    return false;
  }

  /** Keeps the next tries of passes that are over: at the first deferral together with the routing. */
  async #keepRest(job: Job): Promise<boolean> {
    const over = job.over;
    if (over.length === 0) return true;
    if (!job.preprocessed && over.every(({ due }) => due === undefined)) {
      job.over = [];
      return true;
    }
    job.over = [];
    const kept = job.preprocessed ? await this.#reschedule(job, over) : await this.#preprocess(job, over);
    if (!kept) {
      job.over = [...over, ...job.over];
      return false;
    }
    for (const { channel, due } of over) if (due !== undefined) this.#parts.scheduled(channel, due);
    return true;
  }

  async #reschedule(job: Job, over: Job['over']): Promise<boolean> {
    const { id } = job.head;
    const answers = await Promise.all(
      over.map(({ channel, due }) => this.#parts.peers.queue.ask('reschedule', { id, channel, due })),
    );
    return answers.every((answer) => answer === true);
  }

  async #preprocess(job: Job, over: Job['over']): Promise<boolean> {
    const now = Math.floor(this.#parts.clock.now() / 1000);
    const due: { local?: number; remote?: number } = {};
    for (const { channel } of job.fresh.filter((row) => row.state !== 'done')) {
      // A channel that is under way, or that was not begun, must be found again after a crash.
      due[channel] ??= job.passes.get(channel)?.nextTry ?? over.find((end) => end.channel === channel)?.due ?? now;
    }
    const routed = job.fresh.map(({ channel, address }) => ({ channel, address }));
    const kept = await this.#parts.peers.queue.ask('preprocess', { id: job.head.id, routed, due });
    if (kept !== true) return false;
    job.preprocessed = true;
    for (const channel of ['local', 'remote'] as const) {
      const at = due[channel];
      if (at !== undefined) this.#parts.scheduled(channel, at);
    }
    return true;
  }

  async #end(job: Job): Promise<boolean> {
    const { peers, log } = this.#parts;
    const { id } = job.head;
    const bounceText = job.savedBounce && !job.silent ? await peers.queue.ask('bounceText', id) : '';
    if (isUnanswered(bounceText)) return false;
    const text = job.silent ? '' : bounceText + job.unsavedBounce;
    const turn = text === '' || job.bounce !== undefined ? undefined : this.#parts.bounceTurn();
    if (turn !== undefined) return this.#postpone(job, turn);
    const bounce = text === '' ? undefined : (job.bounce ?? (await this.#parts.bounce(job, text)));
    job.bounce = bounce;
    const kept = await peers.queue.ask('finish', bounce === undefined ? { id } : { id, bounce });
    if (kept !== true) {
      if (bounce !== undefined) log.warning('trouble injecting bounce message, will try later');
      return false;
    }
    job.ended = true;
    this.#parts.saved(job.parked);
    this.#forget(job);
    this.#parts.ended(id);
    if (bounce !== undefined) {
      this.bounces += 1;
      log.write({ event: 'bounce msg', msg: id, qp: bounce.qp });
    } else if (text !== '') log.write({ event: 'triple bounce', msg: id });
    log.write({ event: 'end msg', msg: id });
    return true;
  }

  /** The message stays in the queue, all its recipients done, until its bounce has its turn: a pass with nothing to try ends it. */
  async #postpone(job: Job, due: number): Promise<boolean> {
    if (!(await this.#mark(job))) return false;
    const { id } = job.head;
    const channel = job.over[0]?.channel ?? job.fresh[0]?.channel ?? 'local';
    if (job.preprocessed) {
      const over = job.over.map((end) => ({ ...end, due: end.channel === channel ? due : undefined }));
      if (!(await this.#reschedule(job, over))) return false;
    } else {
      const routed = job.fresh.map((row) => ({ channel: row.channel, address: row.address }));
      const kept = await this.#parts.peers.queue.ask('preprocess', { id, routed, due: { [channel]: due } });
      if (kept !== true) return false;
      job.preprocessed = true;
    }
    job.over = [];
    this.#parts.scheduled(channel, due);
    this.#forget(job);
    return true;
  }

  /** Resolves when every change so far is on disk (or refused). */
  async idle(): Promise<void> {
    while (this.#busy > 0 || this.#scheduled) {
      await new Promise<void>((resolve) => {
        if (this.#busy > 0) this.#whenIdle.push(resolve);
        else setImmediate(resolve);
      });
    }
  }
}
