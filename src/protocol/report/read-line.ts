/**
 * A line of an activity log as time and event, for reports (spec log.md): qmail's text with a TAI64N label, with splogger's
 * stamp (after a syslog header or alone) or without any, and records of control/logformat `json`. Reads what reports need;
 * the rest is undefined.
 */
import { readTai64n } from '../tai64n.js';

export type ReportEvent =
  | { readonly kind: 'new' | 'end'; readonly msg: number }
  | {
      readonly kind: 'info';
      readonly msg: number;
      readonly bytes: number;
      readonly sender: string;
      readonly qp: number;
      readonly uid: number;
    }
  | {
      readonly kind: 'start';
      readonly delivery: number;
      readonly msg: number;
      readonly channel: string;
      readonly recipient: string;
    }
  | { readonly kind: 'done'; readonly delivery: number; readonly result: ReportResult; readonly reason: string }
  /** What an earlier reading of the log had counted of a message (Matchup.pending). */
  | {
      readonly kind: 'tried';
      readonly msg: number;
      readonly success: number;
      readonly deferral: number;
      readonly failure: number;
    }
  /** The delivery numbers begin anew. */
  | { readonly kind: 'exiting' };

export type ReportResult = 'success' | 'failure' | 'deferral';

export interface ReportLine {
  /** Seconds since 1970; undefined: the log has no stamps. */
  readonly time: number | undefined;
  readonly event: ReportEvent;
}

const labelled = 26;
const stamped = /^(\d{9,11}\.\d{1,9}) /;
const inSyslog = / (\d{9,11}\.\d{6}) ((?:new|info|end) msg |starting delivery |delivery |status: exiting)/;

export function readReportLine(line: string): ReportLine | undefined {
  if (line.startsWith('{')) return fromJson(line);
  if (line.startsWith('@')) {
    // A third of a log are status lines: their stamps are not looked at.
    const event = textEvent(line.slice(labelled));
    const label = event && readTai64n(line);
    return label && { time: label.seconds + label.nanoseconds / 1e9, event };
  }
  const own = stamped.exec(line);
  if (own !== null) return withTime(Number(own[1]), line.slice(own[0].length));
  const event = textEvent(line);
  if (event !== undefined) return { time: undefined, event };
  const header = inSyslog.exec(line);
  return header === null ? undefined : withTime(Number(header[1]), line.slice(header.index + 2 + (header[1]?.length ?? 0)));
}

function withTime(time: number, text: string): ReportLine | undefined {
  const event = textEvent(text);
  return event && { time, event };
}

function textEvent(text: string): ReportEvent | undefined {
  if (text.startsWith('new msg ')) return message('new', text.slice(8));
  if (text.startsWith('end msg ')) return message('end', text.slice(8));
  if (text.startsWith('info msg ')) return infoEvent(text);
  if (text.startsWith('starting delivery ')) return startEvent(text);
  if (text.startsWith('delivery ')) return doneEvent(text);
  if (text.startsWith('tried msg ')) return triedEvent(text);
  return text === 'status: exiting' ? { kind: 'exiting' } : undefined;
}

function message(kind: 'new' | 'end', number: string): ReportEvent | undefined {
  return /^\d+$/.test(number) ? { kind, msg: Number(number) } : undefined;
}

function infoEvent(text: string): ReportEvent | undefined {
  const found = /^info msg (\d+): bytes (\d+) from <(.*)> qp (\d+) uid (\d+)/.exec(text);
  if (found === null) return undefined;
  const [, msg, bytes, sender = '', qp, uid] = found;
  return { kind: 'info', msg: Number(msg), bytes: Number(bytes), sender: sender.toLowerCase(), qp: Number(qp), uid: Number(uid) };
}

function triedEvent(text: string): ReportEvent | undefined {
  const found = /^tried msg (\d+): (\d+) (\d+) (\d+)$/.exec(text);
  if (found === null) return undefined;
  const [msg = 0, success = 0, deferral = 0, failure = 0] = found.slice(1).map(Number);
  return { kind: 'tried', msg, success, deferral, failure };
}

function startEvent(text: string): ReportEvent | undefined {
  const found = /^starting delivery (\d+): msg (\d+) to (\S+) (\S*)/.exec(text);
  if (found === null) return undefined;
  const [, delivery, msg, channel = '', recipient = ''] = found;
  return { kind: 'start', delivery: Number(delivery), msg: Number(msg), channel, recipient: recipient.toLowerCase() };
}

function doneEvent(text: string): ReportEvent | undefined {
  const found = /^delivery (\d+): (success|failure|deferral|report mangled)(?:, will defer|: (.*))$/.exec(text);
  if (found === null) return undefined;
  const [, delivery, result = '', reason = ''] = found;
  return {
    kind: 'done',
    delivery: Number(delivery),
    result: result === 'report mangled' ? 'deferral' : (result as ReportResult),
    reason: result === 'report mangled' ? 'report_mangled' : reason,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fromJson(line: string): ReportLine | undefined {
  let fields: Fields;
  try {
    fields = JSON.parse(line) as Fields;
  } catch {
    return undefined;
  }
  const event = jsonEvent(fields);
  if (event === undefined) return undefined;
  const { time } = fields;
  const ms = typeof time === 'number' ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return { time: Number.isFinite(ms) ? ms / 1000 : undefined, event };
}

function jsonEvent(fields: Fields): ReportEvent | undefined {
  const number = (name: string): number => Number(fields[name] ?? 0);
  const text = (name: string): string => String(fields[name] ?? '');
  switch (fields.event) {
    case 'new_msg':
      return { kind: 'new', msg: number('msg') };
    case 'end_msg':
      return { kind: 'end', msg: number('msg') };
    case 'info_msg': {
      const { msg, bytes, qp, uid } = { msg: number('msg'), bytes: number('bytes'), qp: number('qp'), uid: number('uid') };
      return { kind: 'info', msg, bytes, qp, uid, sender: text('sender').toLowerCase() };
    }
    case 'starting_delivery': {
      const recipient = text('recipient').toLowerCase();
      return { kind: 'start', delivery: number('delivery'), msg: number('msg'), channel: text('channel'), recipient };
    }
    case 'delivery': {
      const result = text('result');
      const known = result === 'success' || result === 'failure' ? result : 'deferral';
      const reason = text('text')
        .replaceAll('\n', '/')
        .replaceAll(/[^\x21-\x7e]/g, '_');
      return { kind: 'done', delivery: number('delivery'), result: known, reason };
    }
    default:
      return fields.event === 'exiting' ? { kind: 'exiting' } : undefined;
  }
}
