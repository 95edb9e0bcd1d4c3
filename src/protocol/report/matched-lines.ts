/**
 * The lines that qmailanalog's matchup writes and its other programs read (spec companions.md §9): `d` for an attempt, `m`
 * for a message. Writing and reading; counts nothing.
 */
import type { Delivery, Message } from './matchup.js';
import type { ReportResult } from './read-line.js';

const stamp = (time: number | undefined): string => (time ?? 0).toFixed(6);
const letters = { success: 'k', deferral: 'z', failure: 'd' } as const;
const results: Readonly<Record<string, ReportResult>> = { k: 'success', z: 'deferral', d: 'failure' };

/** The `d` line. */
export function deliveryLine(one: Delivery): string {
  const times = `${stamp(one.birth)} ${stamp(one.begun)} ${stamp(one.ended)}`;
  const who = `<${one.sender}> ${one.channel}.${one.recipient} ${one.qp} ${one.uid}`;
  return `d ${letters[one.result]} ${times} ${one.bytes} ${who} ${one.reason || '-'}`;
}

/** The `m` line. */
export function messageLine(one: Message): string {
  const counts = `${one.success} ${one.deferral} ${one.failure}`;
  return `m ${stamp(one.birth)} ${stamp(one.done)} ${one.bytes} ${counts} <${one.sender}> ${one.qp} ${one.uid}`;
}

const attempt = /^d ([kzd]) (\d+\.?\d*) (\d+\.?\d*) (\d+\.?\d*) (\d+) <(.*)> (local|remote)\.(\S*) (\d+) (\d+) (.*)$/;
const ended = /^m (\d+\.?\d*) (\d+\.?\d*) (\d+) (\d+) (\d+) (\d+) <(.*)> (\d+) (\d+)$/;

/** A time that was not known is written as nought. */
function time(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return seconds === 0 ? undefined : seconds;
}

/** A `d` line as an attempt; undefined for every other line. */
export function readDeliveryLine(line: string): Delivery | undefined {
  const found = attempt.exec(line);
  if (found === null) return undefined;
  const [, letter = '', birth, begun, end, bytes, sender = '', channel = '', recipient = '', qp, uid, reason = ''] = found;
  const result = results[letter];
  if (result === undefined) return undefined;
  return {
    result,
    known: true,
    birth: time(birth),
    begun: time(begun),
    ended: time(end),
    bytes: Number(bytes),
    sender,
    channel,
    recipient,
    qp: Number(qp),
    uid: Number(uid),
    reason,
  };
}

/** An `m` line as a message; undefined for every other line. */
export function readMessageLine(line: string): Message | undefined {
  const found = ended.exec(line);
  if (found === null) return undefined;
  const [, birth, done, bytes, success, deferral, failure, sender = '', qp, uid] = found;
  return {
    birth: time(birth),
    done: time(done),
    bytes: Number(bytes),
    sender,
    qp: Number(qp),
    uid: Number(uid),
    success: Number(success),
    deferral: Number(deferral),
    failure: Number(failure),
  };
}
