/**
 * The three lines that a local delivery puts before a message: Delivered-To, Return-Path and
 * the mbox separator (spec local.md §2.2). Pure; the time is an argument.
 */
import type { ByteString } from '../mail.js';

const plainLocal = /^[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+(\.[!#$%&'*+\-/0-9=?A-Z^_`a-z{|}~]+)*$/;

/** An address as it stands between angle brackets: the local part quoted when it has to be (RFC 5322 §3.4.1). */
function quoted(address: ByteString): ByteString {
  if (address === '') return '';
  const at = address.lastIndexOf('@');
  const local = at < 0 ? address : address.slice(0, at);
  if (plainLocal.test(local)) return address;
  return `"${local.replace(/[\r\n"\\]/g, '\\$&')}"${at < 0 ? '' : address.slice(at)}`;
}

/** `Delivered-To: local@host` and LF; a LF inside the address becomes `_`. */
export function deliveredToLine(local: ByteString, host: ByteString): ByteString {
  return `Delivered-To: ${`${local}@${host}`.replaceAll('\n', '_')}\n`;
}

/** `Return-Path: <sender>` and LF, the sender quoted. */
export function returnPathLine(sender: ByteString): ByteString {
  return `Return-Path: <${quoted(sender).replaceAll('\n', '_')}>\n`;
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** `Sat Nov 21 18:38:40 2026` for seconds since 1970, always UTC; the day has two digits. */
export function separatorDate(seconds: number): string {
  const t = new Date(seconds * 1000);
  const clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())}`;
  return `${days[t.getUTCDay()]} ${months[t.getUTCMonth()]} ${two(t.getUTCDate())} ${clock} ${t.getUTCFullYear()}`;
}

/** The mbox separator with its LF. `seconds` since 1970. */
export function separatorLine(sender: ByteString, seconds: number): ByteString {
  return `From ${sender === '' ? 'MAILER-DAEMON' : sender.replace(/[ \t\n]/g, '-')} ${separatorDate(seconds)}\n`;
}
