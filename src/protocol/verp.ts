/**
 * Variable envelope return paths: the `-@[]` senders of qmail's mailing lists (spec send.md §7, §6.3).
 * The queue keeps the compact form; it is expanded for each delivery and shortened for a bounce.
 */
import type { ByteString } from './mail.js';

const mark = '-@[]';

/**
 * `owner-@host-@[]` for `joe@x.org` becomes `owner-joe=x.org@host`; any other sender stays.
 * `recipient` is the routed address, prefixes of virtual domains included.
 */
export function expandVerp(sender: ByteString, recipient: ByteString): ByteString {
  if (!sender.endsWith(mark)) return sender;
  const compact = sender.slice(0, -mark.length);
  const at = compact.lastIndexOf('@');
  const recipientAt = recipient.lastIndexOf('@');
  if (at < 0 || recipientAt < 0) return sender;
  const who = `${recipient.slice(0, recipientAt)}=${recipient.slice(recipientAt + 1)}`;
  return `${compact.slice(0, at)}${who}${compact.slice(at)}`;
}

/** The address that one bounce for all recipients of such a sender goes to: `owner-@host`. */
export function collapseVerp(sender: ByteString): ByteString {
  return sender.endsWith(mark) ? sender.slice(0, -mark.length) : sender;
}
