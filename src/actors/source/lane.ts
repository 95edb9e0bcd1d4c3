/**
 * One thread's share of a load run: its senders, its part of the plan, its tally.
 * It knows nothing of other lanes but their number.
 */
import { readReplay } from '../../store/replay-messages.js';
import type { Means, Target } from './connection.js';
import { lookedUpOnce } from './looked-up-once.js';
import { LoadMessages } from './message.js';
import type { SourceOptions } from './options.js';
import { mostNumbered, SendingPlan } from './plan.js';
import { Senders } from './senders.js';
import type { LoopWork } from './session-loop.js';
import { type Counts, type LaneResult, Tally } from './tally.js';

/** So much later than its time an open loop may begin what was planned within it: the last ones are always a little late. */
const spareSeconds = 0.5;

export interface LaneOrder {
  readonly options: SourceOptions;
  /** Messages of the whole run. */
  readonly messages: number;
  readonly run: string;
  readonly lane: number;
  readonly lanes: number;
  /** The next number of all lanes, where nobody knows how many there will be. */
  readonly counter: Int32Array | undefined;
  /** This lane's own ledger file. */
  readonly ledger: string | undefined;
}

export interface Lane {
  /** Sends; settles when all senders are done or the deadline has passed. */
  run(beginUs: number): Promise<LaneResult>;
  /** Begins no further message, and ends after the answers to those under way, or without them a little later. */
  interrupt(): void;
  counts(): Counts;
}

/** Makes the messages ready; throws when the replay or the ledger file cannot be opened. */
export function makeLane({ options, messages, run, lane, lanes, counter, ledger }: LaneOrder): Lane {
  const { sender, pattern, recipients, rate, rampSeconds = 0, domains = [] } = options;
  const sizes = options.sizes ?? [{ value: options.size, weight: 1 }];
  const replay = typeof options.replay === 'string' ? readReplay(options.replay) : options.replay;
  // A mark says 0 where nobody knows yet.
  const announced = messages === mostNumbered ? 0 : messages;
  const load = new LoadMessages({
    run,
    messages: announced,
    sizes,
    sender,
    pattern,
    domains,
    recipients,
    replay: replay?.messages ?? [],
  });
  const plan = new SendingPlan({ messages, rate, rampSeconds, lane, lanes, counter });
  const tally = new Tally(run, ledger);
  const senders = Math.min(shareOf(options.sessions, lane, lanes), plan.left);
  const means = meansFor(options.target, lane, lanes);
  let running: Senders | undefined;
  return {
    interrupt: () => (running === undefined ? plan.close() : running.interrupt()),
    counts: () => tally.counts(),
    async run(beginUs) {
      tally.begin();
      const work: LoopWork = {
        target: options.target,
        means,
        plan,
        messages: load,
        perSession: options.perSession,
        beginUs,
        connected: (secure) => tally.connected(secure),
        reported: (report) => tally.report(report),
        failed: (why, kind) => tally.failed(why, kind),
      };
      // In a closed loop the ramp is in the senders, each comes in turn; with a rate it is in the plan.
      const apartMs = rate > 0 ? 0 : (rampSeconds * 1000) / Math.max(1, senders);
      const { deadlineSeconds = 0, durationSeconds = 0 } = options;
      const spare = durationSeconds > 0 && rate > 0 ? spareSeconds : 0;
      running = new Senders(work, { senders, apartMs, deadlineSeconds, durationSeconds: durationSeconds + spare });
      return tally.finish(await running.run());
    },
  };
}

/** Lanes share the logins as they share the messages. */
function meansFor({ logins = [] }: Target, lane: number, lanes: number): () => Means {
  const lookup = lookedUpOnce();
  let next = lane;
  return () => {
    const login = logins[next % logins.length];
    next += lanes;
    return { lookup, login };
  };
}

/** Sessions of one lane: at least one. */
function shareOf(sessions: number, lane: number, lanes: number): number {
  return Math.max(1, Math.floor(sessions / lanes) + (lane < sessions % lanes ? 1 : 0));
}
