/** Figures of a log as text for people: a part each for the overall numbers and each table. Rendering only. */
import type { Figures, Overall } from './figures.js';
import type { Sums, Tally, Weight } from './tally.js';

export const partNames = [
  'overall',
  'hosts',
  'senders',
  'recipients',
  'rxdelay',
  'uids',
  'delays',
  'slowest',
  'successes',
  'failures',
  'deferrals',
] as const;
export type PartName = (typeof partNames)[number];

type Column = readonly [title: string, value: (sums: Readonly<Sums>) => number | string];
type Row = readonly (string | number)[];

const seconds = (value: number): string => value.toFixed(2);
const average = (sum: number, count: number): string => (count === 0 ? '-' : seconds(sum / count));

const attempts: Column = ['tries', (sums) => sums.attempts];
const arrived: Column = ['ok', (sums) => sums.success];
const failed: Column = ['fail', (sums) => sums.failure];
const deferred: Column = ['defer', (sums) => sums.deferral];
const arrivedBytes: Column = ['sbytes', (sums) => sums.arrivedBytes];
const xdelay: Column = ['xdelay', (sums) => seconds(sums.xdelay)];
const averageX: Column = ['avg', (sums) => average(sums.xdelay, sums.attempts)];
const messages: Column = ['mess', (sums) => sums.messages];
const bytes: Column = ['bytes', (sums) => sums.bytes];

const byTarget: readonly Column[] = [arrivedBytes, attempts, arrived, deferred, failed, xdelay, averageX];
const recipients: Column = ['recips', (sums) => sums.recipients];
const recipientBytes: Column = ['rbytes', (sums) => sums.recipientBytes];

const bySource: readonly Column[] = [
  messages,
  bytes,
  arrivedBytes,
  recipientBytes,
  recipients,
  attempts,
  arrived,
  deferred,
  failed,
  xdelay,
];

/** One part, with its title; `top` rows at most in a table. */
export function reportPart(part: PartName, figures: Figures, top: number): string {
  switch (part) {
    case 'overall':
      return overallText(figures.overall);
    case 'hosts':
      return tallyText('Recipient hosts, by attempts', figures.hosts, byTarget, 'host', top);
    case 'recipients':
      return tallyText('Recipients, by attempts', figures.recipients, byTarget, 'recipient', top);
    case 'senders':
      return tallyText('Senders, by messages', figures.senders, bySource, 'sender', top);
    case 'uids':
      return tallyText('Users that queued mail, by messages', figures.uids, bySource, 'uid', top);
    case 'delays':
      return delaysText(figures);
    case 'slowest':
      return slowestText(figures);
    case 'rxdelay':
      return tallyText('Recipients, quickest first', figures.recipients, [averageX, attempts], 'recipient', top, quickest);
    case 'successes':
      return tallyText('Reasons of successes', figures.successes, [arrived, xdelay], 'reason', top);
    case 'failures':
      return tallyText('Reasons of failures', figures.failures, [failed, xdelay], 'reason', top);
    default:
      return tallyText('Reasons of deferrals', figures.deferrals, [deferred, xdelay], 'reason', top);
  }
}

function overallText(sums: Overall): string {
  const tries = sums.success + sums.failure + sums.deferral;
  const span = sums.first === undefined || sums.last === undefined ? 0 : sums.last - sums.first;
  const per = (sum: number, count: number): string => (count === 0 ? '-' : (sum / count).toFixed(4));
  const rows: readonly (readonly [string, string | number])[] = [
    ['Completed messages', sums.messages],
    ['Recipients for completed messages', sums.recipients],
    ['Total delivery attempts for completed messages', sums.messageAttempts],
    ['Average delivery attempts per completed message', per(sums.messageAttempts, sums.messages)],
    ['Bytes in completed messages', sums.bytes],
    ['Bytes weighted by success', sums.arrivedBytes],
    ['Average message qtime (s)', per(sums.qtime, sums.messages)],
    ['Total delivery attempts', tries],
    ['  success', sums.success],
    ['  failure', sums.failure],
    ['  deferral', sums.deferral],
    ['Total ddelay (s)', sums.ddelay.toFixed(6)],
    ['Average ddelay per success (s)', per(sums.ddelay, sums.ddelays)],
    ['Total xdelay (s)', sums.xdelay.toFixed(6)],
    ['Average xdelay per delivery attempt (s)', per(sums.xdelay, tries)],
    ['Time span (days)', (span / 86_400).toFixed(4)],
    ['Average concurrency', per(sums.xdelay, span)],
  ];
  return rows.map(([name, value]) => `${name}: ${value}\n`).join('');
}

/** A mailing list is through soonest in this order. */
const quickest: Weight = (sums) => -sums.xdelay / Math.max(1, sums.attempts);

function tallyText(title: string, tally: Tally, columns: readonly Column[], name: string, top: number, weight?: Weight): string {
  const rows = tally.largest(top, weight).map(([key, sums]): Row => [...columns.map(([, value]) => value(sums)), key || '<>']);
  const more = tally.size > rows.length ? `${tally.size - rows.length} more\n` : '';
  return `${title}\n${table([...columns.map(([head]) => head), name], rows)}${more}`;
}

function delaysText({ distribution }: Figures): string {
  const rows = [10, 25, 50, 75, 90, 95, 99, 100].map((percent): Row => {
    const doneBy = distribution.doneBy(percent);
    return [...(doneBy === undefined ? ['-', '-'] : [seconds(doneBy.seconds), seconds(doneBy.average)]), `${percent} %`];
  });
  return `Seconds from arrival to success, ${distribution.total} deliveries\n${table(['done by', 'avg', ''], rows)}`;
}

function slowestText({ slowest }: Figures): string {
  const rows = slowest.list.map(({ seconds: delay, delivery }): Row => {
    const { begun = 0, ended = 0, channel, recipient, sender } = delivery;
    return [seconds(delay), seconds(ended - begun), `${channel}.${recipient} from <${sender}>`];
  });
  return `Slowest deliveries\n${table(['ddelay', 'xdelay', 'recipient'], rows)}`;
}

/** Numbers to the right, the last column to the left. */
function table(head: readonly string[], rows: readonly Row[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => String(row[column] ?? '').length)));
  return all
    .map((row) => {
      const cells = row.map((cell, column) =>
        column === head.length - 1 ? String(cell) : String(cell).padStart(widths[column] ?? 0),
      );
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
