/**
 * The bounce of a message: qmail's text in front of the original, in the original's own form. Builds a
 * submission; that it is kept in the same transaction that removes the original is the queue's work.
 */
import { beginningOf } from '../../protocol/bounce/beginning.js';
import { bounceFor } from '../../protocol/bounce/bounce-for.js';
import { prefixBytes } from '../../protocol/bounce/prefix-bytes.js';
import { formatDate } from '../../protocol/date.js';
import { invokedBy, queueReceived } from '../../protocol/received.js';
import type { Settings } from '../../protocol/settings.js';
import { copyBehind, firstOctets } from '../../store/copy-behind.js';
import { crashAt } from '../../store/crash-points.js';
import type { Body } from '../../store/queue-store.js';
import { queueUsers } from '../../store/queue-users.js';
import { type ActorContext, isUnanswered } from '../kernel/actor.js';
import { secondsOf } from '../kernel/clock.js';
import type { Submission } from '../messages.js';
import type { Job } from './job.js';

/** Uid of a bounce where the system has no account qmails, as recorded logs show it. */
const unknownUid = 7;

export class Bouncer {
  readonly #context: ActorContext<'send'>;
  readonly #settings: () => Settings;

  constructor(context: ActorContext<'send'>, settings: () => Settings) {
    this.#context = context;
    this.#settings = settings;
  }

  /** The bounce with these paragraphs; undefined when the message must not bounce (it was a double bounce). */
  async bounce(job: Job, paragraphs: string): Promise<Submission | undefined> {
    const { clock, nextQp } = this.#context;
    const date = formatDate(secondsOf(clock));
    const settings = this.#settings();
    const bounce = bounceFor(job.head.sender, paragraphs, date, settings);
    if (bounce.kind === 'triple') return undefined;
    const qp = nextQp();
    const uid = queueUsers().qmails ?? unknownUid;
    const prefix = queueReceived(qp, invokedBy('bounce', uid), date, '\n') + bounce.prefix;
    const read = await this.#context.peers.queue.ask('read', job.head.id);
    // A body that cannot be read (damaged) must not keep its sender uninformed.
    const whole: Body = read === undefined || isUnanswered(read) ? { form: 'unix', bytes: new Uint8Array(0) } : read;
    const { bouncemaxbytes } = settings;
    const cut =
      bouncemaxbytes > 0 && job.head.unixSize > bouncemaxbytes
        ? beginningOf(await firstOctets(whole, bouncemaxbytes, this.#context.queueDir), whole.form)
        : undefined;
    const body = cut ?? whole;
    const known = {
      origin: 'bounce' as const,
      uid,
      qp,
      envelope: bounce.envelope,
      unixSize: prefix.length + (cut ?? job.head).unixSize,
    };
    const copied = await copyBehind(prefixBytes(prefix, body.form), body, this.#context.queueDir);
    crashAt('bounce.made');
    // Without room for a copy the failure is told all the same, without the original.
    const form = copied === undefined ? 'unix' : body.form;
    const alone = (): { bytes: Uint8Array; size: number } => {
      const bytes = prefixBytes(prefix, 'unix');
      return { bytes, size: bytes.length };
    };
    return { ...known, form, ...(copied ?? alone()) };
  }
}
