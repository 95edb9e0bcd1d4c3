/**
 * The Received lines that qmail puts on top of a message: the server's (spec smtpd.md §3) and the queue's
 * (spec queue.md §2). Builds text only; `eol` chooses the form of the body it will stand on.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString, Origin } from './mail.js';

/** `\n` in front of a unix body, `\r\n` in front of a wire body. */
export type Eol = '\n' | '\r\n';

/** What the server knows of its client. Absent texts are undefined, never empty by default. */
export interface ReceivedFrom {
  readonly remoteHost: ByteString | undefined;
  readonly remoteIp: ByteString | undefined;
  /** The client's ident name (TCPREMOTEINFO). */
  readonly remoteInfo: ByteString | undefined;
  /** Argument of HELO or EHLO; undefined when there was none, and for QMTP and QMQP. */
  readonly helo: ByteString | undefined;
  /** TCPLOCALHOST, else TCPLOCALIP. */
  readonly local: ByteString | undefined;
  readonly protocol: ByteString;
}

/** Octets outside qmail's safe set become `?`: nothing that a client says can break the header. */
function safeText(text: ByteString): ByteString {
  return text.replace(/[^A-Za-z0-9.@%+/=:\-[\]]/g, '?');
}

/**
 * Everything of the server's line up to the date: the same for all messages of a client, so a session makes it once
 * and again after each HELO.
 */
export function receivedStart(from: ReceivedFrom, eol: Eol): ByteString {
  const host = from.remoteHost ?? 'unknown';
  const differs = from.helo !== undefined && lowerCaseAscii(from.helo) !== lowerCaseAscii(host);
  const helo = differs ? ` (HELO ${safeText(from.helo ?? '')})` : '';
  const info = from.remoteInfo === undefined ? '' : `${safeText(from.remoteInfo)}@`;
  const client = `${safeText(host)}${helo} (${info}${safeText(from.remoteIp ?? 'unknown')})`;
  return `Received: from ${client}${eol}  by ${safeText(from.local ?? 'unknown')} with ${from.protocol}; `;
}

/** The whole line of a server: `receivedStart`, the date, the line end. */
export function serverReceived(from: ReceivedFrom, date: ByteString, eol: Eol): ByteString {
  return receivedStart(from, eol) + date + eol;
}

/** Uids of the accounts that have words of their own; absent where there is no such account. */
export interface QueueUsers {
  readonly alias?: number;
  readonly qmaild?: number;
  readonly qmails?: number;
}

/** Who handed the message to the queue, in qmail's words (spec queue.md §2). */
export function invokedBy(origin: Origin, uid: number, users: QueueUsers = {}): ByteString {
  if (origin === 'bounce') return 'for bounce';
  if (origin !== 'inject' && origin !== 'forward') return 'from network';
  if (uid === users.alias) return 'by alias';
  if (uid === users.qmaild) return 'from network';
  return uid === users.qmails ? 'for bounce' : `by uid ${uid}`;
}

/** The queue's line. `qp` is the number that the client is told (`qp N`). */
export function queueReceived(qp: number, who: ByteString, date: ByteString, eol: Eol): ByteString {
  return `Received: (qmail ${qp} invoked ${who}); ${date}${eol}`;
}
