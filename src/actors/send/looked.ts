/**
 * Keeps on disk how far each channel has looked through the accepted messages, so that a start does not look
 * through a long backlog of the other channel again. It only ever claims too little: a message that a channel may
 * still have to deliver, and that the schedule does not have, is above that channel's number.
 */
import { createHash } from 'node:crypto';
import type { Channel } from '../../protocol/mail.js';
import type { RoutingSettings } from '../../protocol/routing.js';
import type { Looked, MessageId } from '../../store/queue-store.js';
import type { Peers } from '../kernel/actor.js';
import type { NumberMap } from '../kernel/number-map.js';
import type { Intake } from './intake.js';
import type { Job } from './job.js';

/** How often it is written when it changed (milliseconds): what a start after a crash looks through again. */
export const keepLookedMs = 1_000;

/** Names the settings that decide which channel a recipient belongs to. With other settings everything is looked at anew. */
function nameOf({ envnoathost, percenthack, locals, virtualdomains }: RoutingSettings): string {
  const parts = [envnoathost, [...percenthack], [...locals], virtualdomains];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

export class LookedKeeper {
  readonly #peers: Peers<'send'>;
  readonly #jobs: NumberMap<Job>;
  readonly #intake: Readonly<Record<Channel, Intake>>;
  #routing: string;
  #kept: Looked | undefined;
  #keeping = false;

  constructor(peers: Peers<'send'>, jobs: NumberMap<Job>, intake: Readonly<Record<Channel, Intake>>, settings: RoutingSettings) {
    this.#peers = peers;
    this.#jobs = jobs;
    this.#intake = intake;
    this.#routing = nameOf(settings);
  }

  /** Takes up where the last run was, when recipients belonged to the same channels then. */
  resume(looked: Looked | undefined): void {
    if (looked?.routing !== this.#routing) return;
    this.#kept = looked;
    this.#intake.local.passed(looked.local);
    this.#intake.remote.passed(looked.remote);
  }

  /** After a reload; true when recipients may belong to another channel now. */
  reload(settings: RoutingSettings): boolean {
    const name = nameOf(settings);
    if (name === this.#routing) return false;
    this.#routing = name;
    return true;
  }

  async keep(): Promise<void> {
    if (this.#keeping) return;
    const looked: Looked = { local: this.#upTo('local'), remote: this.#upTo('remote'), routing: this.#routing };
    const { local, remote, routing } = this.#kept ?? { local: 0, remote: 0 };
    if (looked.local === local && looked.remote === remote && looked.routing === routing) return;
    this.#keeping = true;
    if ((await this.#peers.queue.ask('keepLooked', looked)) === true) this.#kept = looked;
    this.#keeping = false;
  }

  #upTo(channel: Channel): MessageId {
    let upTo = this.#intake[channel].cursor;
    for (const job of this.#jobs.values()) if (job.head.id <= upTo && job.needs(channel)) upTo = job.head.id - 1;
    return upTo;
  }
}
