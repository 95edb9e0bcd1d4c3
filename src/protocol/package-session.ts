/**
 * What a QMTP or QMQP session says to whoever moves its octets: a mail package comes in as message, body and envelope,
 * and goes out as answers. Types only; qmtp.ts and qmqp.ts implement it, servers and tests use it.
 */
import type { ByteString } from './mail.js';
import type { NetstringFault } from './netstring.js';

export type PackageEvent =
  /** A message begins; its body follows. */
  | { readonly tag: 'message' }
  /** A piece of the body, lines ended by LF. Valid as long as the chunk given to `receive` is. */
  | { readonly tag: 'body'; readonly bytes: Uint8Array }
  /**
   * Message and envelope are complete. Stays open until `decide`, but with `settled`: then the message must be thrown
   * away, the session has its answers ready.
   */
  | { readonly tag: 'end'; readonly sender: ByteString; readonly recipients: readonly ByteString[]; readonly settled: boolean }
  /** All is said: the connection ends once the output is written. */
  | { readonly tag: 'quit' }
  /** The client broke the protocol: what came of a message must be thrown away, the connection ends without a word. */
  | { readonly tag: 'broken'; readonly fault: NetstringFault };

export interface PackageSession {
  /** Takes the next octets of the client. Call `next` until it answers undefined, then write `output`. */
  receive(chunk: Uint8Array): void;
  /** Copies what was received and not used yet, so that the caller's chunk may be used for something else. */
  retain(): void;
  /** The next event, or undefined when octets or a decision are missing. */
  next(): PackageEvent | undefined;
  /** Recipients of an open `end` that do not exist: those that are left, in their order. Call it once, before `decide`. */
  without(unknown: ReadonlySet<ByteString>): readonly ByteString[];
  /** The answer to an open `end`: `K`, `Z` or `D` and a text. */
  decide(answer: ByteString): void;
  /** Answers made since the last call. */
  output(): ByteString;
  /** A package is under way. */
  readonly busy: boolean;
}

/** A recipient that does not exist here. */
export const unknownRecipient: ByteString = 'Dsorry, no mailbox here by that name (#5.1.1)';

/** Recipients beyond those that the server takes at once. */
export const tooManyRecipients: ByteString = 'Ztoo many recipients, try again with fewer (#4.5.3)';
