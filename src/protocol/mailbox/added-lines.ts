/**
 * The three lines that a local delivery puts before a message: Delivered-To, Return-Path and
 * the mbox separator (spec local.md §2.2). Pure; the time is an argument.
 */
import { quoteAddress } from '../address.js';
import type { ByteString } from '../mail.js';

/** An address in a header line: what readers may take for a line end becomes `_`; qmail leaves a CR. */
const onOneLine = (text: ByteString): ByteString => text.replace(/[\r\n]/g, '_');

/** `Delivered-To: local@host` and LF. */
export function deliveredToLine(local: ByteString, host: ByteString): ByteString {
  return `Delivered-To: ${onOneLine(`${local}@${host}`)}\n`;
}

/** `Return-Path: <sender>` and LF, the sender quoted. */
export function returnPathLine(sender: ByteString): ByteString {
  return `Return-Path: <${onOneLine(quoteAddress(sender))}>\n`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** `Sat Nov 21 18:38:40 2026` for seconds since 1970, always UTC; the day has two digits. */
function separatorDate(seconds: number): string {
  const t = new Date(seconds * 1000);
  const clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
  return `${days[t.getUTCDay()]} ${months[t.getUTCMonth()]} ${two(t.getUTCDate())} ${clock} ${t.getUTCFullYear()}`;
}

/** The mbox separator with its LF. `seconds` since 1970. */
export function separatorLine(sender: ByteString, seconds: number): ByteString {
  return `From ${sender === '' ? 'MAILER-DAEMON' : sender.replace(/[ \t\r\n]/g, '-')} ${separatorDate(seconds)}\n`;
}
