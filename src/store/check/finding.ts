/**
 * What a check of the queue can find, as data; nothing else.
 */
import type { MessageId } from '../queue-store.js';

/**
 * unusable: the queue would be refused at open. damaged: a record or body file is not what was written. missing: a record or
 * file that another one needs is not there. stray: a record without its message. crash: LMDB ended the checking process here.
 */
export type FindingKind = 'unusable' | 'damaged' | 'missing' | 'stray' | 'crash';

export interface Finding {
  readonly kind: FindingKind;
  /** The message it is about, when it is about one. */
  readonly id?: MessageId;
  readonly text: string;
}
