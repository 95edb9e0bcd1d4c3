/**
 * Whom the separator line of an mbox names, for a message of a Maildir: the sender of its first line (spec
 * mail-commands.md, maildir2mbox). Pure.
 */
import type { ByteString } from '../mail.js';

/** `head` begins with the message's first line. Empty: the null sender. */
export function senderOfHead(head: ByteString): ByteString {
  const line = /^Return-Path: <([^\n]*)/.exec(head)?.[1];
  if (line === undefined) return 'XXX';
  const end = line.lastIndexOf('>');
  return end < 0 ? line : line.slice(0, end);
}
