/**
 * How the node asks lspawnd for a user's mailbox: the first frame of a connection of its own, kind P. After it the connection
 * is the user's POP3 session; its first line tells whether there is one.
 */
import type { ByteString } from '../../protocol/mail.js';
import { fieldEnds, frameOf, textFields } from './lspawnd-frames.js';

export interface MailboxRequest {
  readonly user: ByteString;
  /** The password, or the digest of APOP. */
  readonly secret: ByteString;
  readonly apop: boolean;
  /** Of the greeting, with its brackets; empty: there was none. */
  readonly timestamp: ByteString;
}

export function encodeMailbox({ user, secret, apop, timestamp }: MailboxRequest): Buffer {
  return frameOf('P', [user, secret, apop ? '1' : '0', timestamp]);
}

export function decodeMailbox(payload: Buffer): MailboxRequest | undefined {
  const ends = fieldEnds(payload, 4);
  if (ends === undefined) return undefined;
  const [user = '', secret = '', apop, timestamp = ''] = textFields(payload, ends);
  return { user, secret, apop: apop === '1', timestamp };
}

/** Not this name with this password (RFC 3206 §4). */
export const refusedLine: ByteString = '-ERR [AUTH] authorization failed\r\n';
/** Not now. */
export const troubleLine: ByteString = '-ERR [SYS/TEMP] temporary problem, please try again later\r\n';
export const busyLine: ByteString = '-ERR [SYS/TEMP] too many logins at once, please try again later\r\n';
