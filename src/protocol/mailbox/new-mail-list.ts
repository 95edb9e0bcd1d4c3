/**
 * The list of new mail that maildirwatch shows: two lines a message. Nothing in it can steer the terminal. Pure.
 */
import type { ByteString } from '../mail.js';
import { fieldName, splitHeader } from '../message/header-lines.js';

export interface NewMail {
  /** The message, or enough of its beginning. */
  readonly head: ByteString;
}

const width = 79;
const clearScreen = '\x1b[;H\x1b[;J';

function shown(label: string, text: ByteString): ByteString {
  const plain = text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[^\x20-\x7e]/g, '?');
  return `${label}${plain}`.slice(0, width);
}

function entry({ head }: NewMail): ByteString {
  const fields = splitHeader(head, true)?.fields ?? [];
  const value = (name: string): ByteString => {
    const field = fields.find((one) => fieldName(one) === name) ?? '';
    return field.slice(field.indexOf(':') + 1);
  };
  return `${shown('FROM ', value('from'))}\n${shown('     ', value('subject'))}\n`;
}

/** A whole screen; `more` messages are not shown. */
export function newMailScreen(mails: readonly NewMail[], more: number): ByteString {
  const rest = more > 0 ? `... and ${more} more\n` : '';
  return `${clearScreen}${mails.length === 0 ? 'no new mail\n' : mails.map(entry).join('')}${rest}`;
}
