/**
 * What the durable queue can do besides a QueueStore's work: take a message over from another queue in whatever state it
 * is there, exactly once. Types only.
 */
import type { ByteString, Routed } from '../protocol/mail.js';
import type { MessageId, NewMessage, QueueStore } from './queue-store.js';

export interface AdoptedState {
  /** Names the message in the queue it comes from, for all time: printable ASCII without blanks, at most 64 characters. */
  readonly key: string;
  /** Present for a message that is preprocessed there: one entry a recipient, of the recipient's own address. */
  readonly routed?: readonly Routed[];
  /** When a preprocessed message's channels are tried next, seconds since 1970. */
  readonly due: { readonly local?: number; readonly remote?: number };
  /** Recipients that are done. */
  readonly done: readonly number[];
  /** Paragraphs of the bounce so far. */
  readonly bounceText: ByteString;
}

export interface AdoptingStore extends QueueStore {
  /**
   * Keeps the message, its state and its key in one transaction; resolves to its id after the flush. Undefined: a message
   * with this key was taken over before, and nothing is kept now, whatever became of it. Rejects with StoreError.
   */
  adopt(message: NewMessage, state: AdoptedState): Promise<MessageId | undefined>;
  /** Under which id a message with this key was taken over; undefined when none was. */
  adopted(key: string): MessageId | undefined;
  /** Forgets all keys; resolves to how many there were. */
  forgetAdopted(): Promise<number>;
}
