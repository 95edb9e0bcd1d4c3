/**
 * What qbiff writes to a terminal (spec mail-commands.md): who wrote to whom, and the beginning of the message. Nothing in
 * it can steer the terminal. Pure.
 */
import type { ByteString } from './mail.js';
import { fieldName, splitHeader } from './message/header-lines.js';

const mostText = 78;

const printable = (text: ByteString, instead: string): ByteString => text.replace(/[^\x20-\x7e]/g, instead);

/** `head`: the message, or enough of its beginning. */
export function biffText(local: ByteString, sender: ByteString, head: ByteString): ByteString {
  const split = splitHeader(head, true);
  const subject = split?.fields.find((field) => fieldName(field) === 'subject') ?? '';
  const begin = subject.slice(subject.indexOf(':') + 1).replace(/^[ \t]+/, '');
  const body = (split?.rest ?? '').replace(/^\n/, '');
  const text = (begin + body).slice(0, mostText);
  return `\r\n\x07${printable(`*** TO <${local}> FROM <${sender}>`, '_')}\r\n    ${printable(text, '/')}\r\n`;
}

/** A login of `utmp`: Linux' records (utmp(5)), native octet order. */
export interface Login {
  readonly user: ByteString;
  /** Below /dev. */
  readonly line: ByteString;
}

const recordSize = 384;
const userProcess = 7;
const lineAt = 8;
const lineSize = 32;
const userAt = 44;
const userSize = 32;

/** Logins of users; records of other kinds and an unfinished last one do not count. */
export function logins(utmp: ByteString): readonly Login[] {
  const found: Login[] = [];
  const field = (from: number, size: number): ByteString => utmp.slice(from, from + size).split('\0', 1)[0] ?? '';
  for (let at = 0; at + recordSize <= utmp.length; at += recordSize) {
    // The type is a short; user processes have a small number in its low octet, whichever end that is.
    const type = utmp.charCodeAt(at) + utmp.charCodeAt(at + 1);
    const line = field(at + lineAt, lineSize);
    if (type === userProcess && /^[A-Za-z0-9/_-]+$/.test(line)) found.push({ user: field(at + userAt, userSize), line });
  }
  return found;
}
