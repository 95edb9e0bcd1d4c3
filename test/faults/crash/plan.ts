/**
 * Which message passes each crash point, and after which of them a recipient may get it twice. Data only.
 */
import type { CrashPoint } from '../../../src/store/crash-points.js';

/**
 * `remote`, `local` (a Maildir), `mbox`: one recipient there. `forward`: a .qmail file sends it on. `bounce`: the next
 * hop refuses it. `retry`: two recipients at the next hop, one of which it takes only at the third try.
 * `large`: as remote, with a body in a file of its own.
 */
export type Kind = 'remote' | 'local' | 'mbox' | 'forward' | 'bounce' | 'retry' | 'large';

export const kindOf: Readonly<Record<CrashPoint, Kind>> = {
  'body.written': 'large',
  'body.flushed': 'large',
  'body.removed': 'large',
  'accept.built': 'local',
  'accept.flushed': 'local',
  'commit.begun': 'remote',
  'route.built': 'retry',
  'route.flushed': 'retry',
  'retry.built': 'retry',
  'retry.flushed': 'retry',
  'mark.built': 'retry',
  'mark.flushed': 'retry',
  'finish.built': 'remote',
  'finish.flushed': 'remote',
  'bounce.built': 'bounce',
  'bounce.flushed': 'bounce',
  'reply.ready': 'local',
  'reply.sent': 'local',
  'intake.heard': 'remote',
  'delivery.starting': 'remote',
  'delivery.reported': 'remote',
  'bounce.made': 'bounce',
  'remote.begun': 'remote',
  'remote.answered': 'remote',
  'local.begun': 'local',
  'local.done': 'local',
  'maildir.written': 'local',
  'maildir.flushed': 'local',
  'maildir.moved': 'local',
  'mbox.written': 'mbox',
  'mbox.flushed': 'mbox',
  'forward.copied': 'forward',
  'forward.kept': 'forward',
};

/**
 * A crash here falls between the moment when somebody else has the message (next hop, mbox file, forwarded copy in
 * the queue) and the moment when the queue knows: the next try delivers it again. Nowhere else may that happen.
 */
export const mayDouble: ReadonlySet<string> = new Set<CrashPoint>([
  'remote.answered',
  'delivery.reported',
  'mark.built',
  'route.built',
  'commit.begun',
  'finish.built',
  'mbox.written',
  'mbox.flushed',
  'forward.kept',
]);
