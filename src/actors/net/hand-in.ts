/**
 * The last steps of every listener's message: a collected body goes to the queue, or to the filter that stands in its
 * place, and becomes one outcome. Knows no protocol: the words for the client are the connection's.
 */
import type { BodyForm, ByteString, Envelope } from '../../protocol/mail.js';
import { type Answer, isUnanswered, type Peer, type Unanswered } from '../kernel/actor.js';
import { type Clock, secondsOf } from '../kernel/clock.js';
import type { Submission } from '../messages.js';
import type { BodyCollector, CollectedBody } from './collect-body.js';
import { networkUid } from './network-uid.js';
import type { QueueFilter } from './queue-filter.js';

/** Where messages go. */
export interface Intake {
  readonly queue: Peer<'queue'>;
  readonly clock: Clock;
  /** The program that gets messages in place of the queue. */
  readonly filter: QueueFilter | undefined;
  accepted(): void;
}

/** What is known of a message beside its body. */
export interface MessageFacts {
  readonly origin: Submission['origin'];
  readonly qp: number;
  readonly envelope: Envelope;
  readonly form: BodyForm;
  /** Octets with LF line ends; undefined: the body is in unix form, and counts itself. */
  readonly unixSize: number | undefined;
}

/** busy: the edge to the queue is full; full: the queue's disk is; unwritten: the body's file was not; trouble: anything else. */
export type NotTaken = 'busy' | 'full' | 'unwritten' | 'trouble';

export type Outcome =
  /** `ok SECONDS qp NUMBER`: it is flushed, or the filter took it. */
  | { readonly tag: 'accepted'; readonly text: ByteString }
  | { readonly tag: 'refused'; readonly why: NotTaken }
  /** The filter's own words behind its Z or D. */
  | { readonly tag: 'filtered'; readonly text: ByteString };

/** `settled` is called once. The collector is used up, whatever the outcome. */
export function handIn(intake: Intake, collector: BodyCollector, facts: MessageFacts, settled: (outcome: Outcome) => void): void {
  const whole = collector.inMemory();
  if (whole !== undefined) submit(intake, collector, whole, facts, settled);
  else
    void collector.close().then((file) => {
      if (file !== undefined) submit(intake, collector, file, facts, settled);
      else settled({ tag: 'refused', why: 'unwritten' });
    });
}

function submit(
  intake: Intake,
  collector: BodyCollector,
  body: CollectedBody,
  { origin, qp, envelope, form, unixSize = body.size }: MessageFacts,
  settled: (outcome: Outcome) => void,
): void {
  const { filter } = intake;
  if (filter !== undefined) {
    void filter.submit(body, form, envelope).then(({ text, qp: own }) => {
      void collector.discard();
      settled(text === '' ? accepted(intake, own) : { tag: 'filtered', text });
    });
    return;
  }
  const { bytes, size } = body;
  const uid = networkUid;
  // Written out: a copy added to an object is of another kind for the engine each time.
  const submission: Submission =
    bytes === undefined
      ? { origin, uid, qp, envelope, form, unixSize, ...body }
      : { origin, uid, qp, envelope, form, unixSize, bytes, size };
  void intake.queue.ask('submit', submission).then((answer) => {
    if (isUnanswered(answer)) collector.abandon();
    // Refused before anything was written: a body file would stay behind just when the disk is full.
    else if (answer.tag === 'refused' && answer.why !== 'storage') void collector.discard();
    else collector.release();
    const why = refusal(answer);
    settled(why === undefined ? accepted(intake, qp) : { tag: 'refused', why });
  });
}

function refusal(answer: Answer<'queue', 'submit'> | Unanswered): NotTaken | undefined {
  if (isUnanswered(answer)) return answer.why === 'full' ? 'busy' : 'trouble';
  if (answer.tag === 'refused') return answer.why === 'full' ? 'full' : 'trouble';
  return undefined;
}

function accepted(intake: Intake, qp: number): Outcome {
  intake.accepted();
  return { tag: 'accepted', text: `ok ${secondsOf(intake.clock)} qp ${qp}` };
}
