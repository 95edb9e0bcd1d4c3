/**
 * The commit loop: one batch in flight; changes that arrive meanwhile wait for the next. Every
 * promise of a batch settles after the batch's flush. After one failed commit the loop is over:
 * what waits and what comes is refused, for the kernel may have dropped pages of the map.
 */
import { crashArmed, crashAt } from '../crash-points.js';
import { StoreError, type Trouble } from '../queue-store.js';
import { reasonOf } from '../queue-unusable.js';
import { type Batch, DamagedRecord, type Tally } from './batch.js';

/** Octets of one batch, so that marks do not wait behind a very long transaction. */
const batchOctets = 16 * 1_048_576;
/** What may wait: beyond it new messages are refused, and far beyond it everything. */
const waitingOctets = 64 * 1_048_576;
const waitingChanges = 100_000;

/**
 * A commit costs about as much CPU time as forty messages in it, so under load commits are spaced: the more
 * the last batch held, the longer the next one collects, up to this many milliseconds after the last began.
 */
const longestWindowMs = 3;
const windowMsAChange = 0.25;
/**
 * Changes nobody waits for (removals, marks) ride along with the next batch, or go after at most this many
 * milliseconds; sooner when there is little to do, for until then a crash would repeat their deliveries.
 */
const lazyMs = 5;
const lazyMsAChange = 0.5;

/** What a change does to a message; `other`: nothing. */
export type Step = 'accept' | 'route' | 'retry' | 'mark' | 'finish' | 'bounce' | 'other';

/** One change: `build` adds its writes to the batch, and either of the others is called after the flush. */
export interface Change {
  readonly step: Step;
  readonly octets: number;
  /** Nobody waits for it: it may wait for the next batch. */
  readonly lazy: boolean;
  build(batch: Batch): void;
  settle(): void;
  fail(error: unknown): void;
}

export interface CommitEvents {
  /** Before a batch: how many changes it may hold. */
  room(): Promise<number>;
  newBatch(): Batch;
  /** After a flush, before the next batch begins. */
  committed(tally: Tally): void;
  damaged(damage: DamagedRecord): void;
}

export class GroupCommit {
  readonly #events: CommitEvents;
  #waiting: Change[] = [];
  #octets = 0;
  #busy = false;
  #eager = 0;
  #begun = 0;
  #window = 0;
  #lazy = 0;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  #over: Trouble | undefined;
  #idle: (() => void)[] = [];

  constructor(events: CommitEvents) {
    this.#events = events;
  }

  /** Why nothing more is taken, or undefined. */
  get over(): Trouble | undefined {
    return this.#over;
  }

  /** Why a change of `octets` cannot wait now, or undefined. */
  refusal(octets: number): Trouble | undefined {
    if (this.#over !== undefined) return this.#over;
    if (octets > 0 && this.#octets > 0 && this.#octets + octets > waitingOctets) return tooMany;
    return this.#waiting.length >= waitingChanges ? tooMany : undefined;
  }

  add(change: Change): void {
    const refusal = this.refusal(change.octets);
    if (refusal !== undefined) {
      change.fail(new StoreError(refusal));
      return;
    }
    this.#waiting.push(change);
    this.#octets += change.octets;
    if (!change.lazy) this.#eager += 1;
    if (!this.#busy) this.#beginSoon();
  }

  /** Takes nothing more; resolves when everything that was added is settled. */
  async close(): Promise<void> {
    this.#over ??= { why: 'closed', text: 'the queue is closed' };
    if (this.#timer !== undefined) this.#beginAt(performance.now());
    if (this.#busy || this.#timer !== undefined) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #beginSoon(): void {
    const now = performance.now();
    const wait = this.#octets >= batchOctets || this.#over !== undefined ? 0 : this.#begun + this.#window - now;
    this.#beginAt(this.#eager > 0 || wait <= 0 ? now + wait : now + Math.max(wait, this.#lazy));
  }

  /** Begins the next batch at this time, or earlier when that is planned already. */
  #beginAt(at: number): void {
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    this.#timer?.cancel();
    const run = (): void => {
      this.#timer = undefined;
      void this.#run();
    };
    const wait = at - performance.now();
    if (wait < 0.5) {
      // One turn later, so that changes which arrive together are flushed together.
      const immediate = setImmediate(run);
      this.#timer = { at, cancel: () => clearImmediate(immediate) };
    } else {
      const timeout = setTimeout(run, wait);
      this.#timer = { at, cancel: () => clearTimeout(timeout) };
    }
  }

  async #run(): Promise<void> {
    this.#busy = true;
    const changes = this.#take(await this.#events.room());
    this.#begun = performance.now();
    this.#window = Math.min(longestWindowMs, changes.length * windowMsAChange);
    this.#lazy = Math.min(lazyMs, changes.length * lazyMsAChange);
    const built: Change[] = [];
    let tally: Tally;
    try {
      const batch = this.#events.newBatch();
      tally = batch.tally;
      for (const change of changes) if (this.#build(batch, change)) built.push(change);
      const flushed = batch.emit();
      crashAt('commit.begun');
      await flushed;
    } catch (error) {
      const cause = await causeOf(error);
      return this.#stop({ why: 'failed', text: `queue commit failed: ${cause}` }, changes);
    }
    this.#events.committed(tally);
    for (const change of built) {
      passed(change, 'flushed');
      change.settle();
    }
    this.#busy = false;
    if (this.#waiting.length > 0) this.#beginSoon();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Adds one change to the batch; a change that contradicts itself or meets damage fails alone. */
  #build(batch: Batch, change: Change): boolean {
    try {
      change.build(batch);
      passed(change, 'built');
      return true;
    } catch (error) {
      if (error instanceof DamagedRecord) {
        this.#events.damaged(error);
        change.settle();
      } else if (error instanceof RangeError) change.fail(error);
      else throw error;
      return false;
    }
  }

  #take(most: number): Change[] {
    let octets = 0;
    let count = 0;
    for (const change of this.#waiting) {
      if (count === most || (count > 0 && octets + change.octets > batchOctets)) break;
      octets += change.octets;
      count++;
    }
    this.#octets -= octets;
    const taken = this.#waiting.splice(0, count);
    for (const change of taken) if (!change.lazy) this.#eager -= 1;
    return taken;
  }

  #stop(trouble: Trouble, changes: readonly Change[]): void {
    this.#over = trouble;
    const rest = this.#waiting.splice(0);
    this.#octets = 0;
    this.#eager = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#busy = false;
    for (const change of [...changes, ...rest]) change.fail(new StoreError(trouble));
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

/** A test may end the process here. */
function passed({ step }: Change, how: 'built' | 'flushed'): void {
  if (crashArmed && step !== 'other') crashAt(`${step}.${how}`);
}

const tooMany: Trouble = { why: 'full', text: 'too many messages wait for the disk' };

/**
 * LMDB's reason for a failed commit. The error carries it as a promise that rejects; unless that
 * rejection is taken here, it ends the process as an unhandled one.
 */
async function causeOf(error: unknown): Promise<string> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (!(commitError instanceof Promise)) return reasonOf(error);
  const reason = commitError.then(() => reasonOf(error), reasonOf);
  // The reason comes in the same turn; should it ever stay away, failing must not wait for it.
  const late = new Promise<string>((resolve) => setImmediate(resolve, reasonOf(error)));
  return Promise.race([reason, late]);
}
