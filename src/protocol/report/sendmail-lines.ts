/**
 * A log in the form of sendmail's, as qmailanalog's zsendmail gives it (spec companions.md §9): a line an attempt, and a
 * line a message when it has ended. Times are in UTC.
 */
import type { Delivery, Message } from './matchup.js';

const words = { success: 'Sent', deferral: 'Deferred', failure: 'Failed' } as const;

export function sendmailDelivery(one: Delivery): string {
  const delay = span(one.birth, one.ended);
  const xdelay = span(one.begun, one.ended);
  const stat = `${words[one.result]}${one.reason === '' || one.reason === '-' ? '' : ` (${one.reason})`}`;
  return `${when(one.ended)} ${one.qp}: to=<${one.recipient}>, delay=${delay}, xdelay=${xdelay}, mailer=${one.channel}, stat=${stat}`;
}

export function sendmailMessage(one: Message): string {
  const nrcpts = one.success + one.failure;
  return `${when(one.done)} ${one.qp}: from=<${one.sender}>, size=${one.bytes}, nrcpts=${nrcpts}, ctladdr=uid${one.uid}, delay=${span(one.birth, one.done)}`;
}

const when = (seconds: number | undefined): string =>
  seconds === undefined ? '-' : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** hh:mm:ss, with days in front when there are any. */
function span(from: number | undefined, to: number | undefined): string {
  if (from === undefined || to === undefined) return '-';
  const all = Math.max(0, Math.round(to - from));
  const two = (number: number): string => String(number).padStart(2, '0');
  const days = Math.floor(all / 86_400);
  const clock = `${two(Math.floor(all / 3600) % 24)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  return days === 0 ? clock : `${days}+${clock}`;
}
