/**
 * `tqmail status` for people: where the server listens, what it did, what it holds, and what it waits for. Pure text;
 * `--json` prints the same facts whole.
 */
import type { NodeReport } from '../../actors/node-api.js';
import type { NodeStatus } from './messages.js';

type Counters = NodeReport['counters'];

export function statusText(value: NodeStatus): string {
  const up = `up for ${duration(value.seconds)}${value.paused ? ', paused' : ''}`;
  const head = `${value.home}: ${up} (pid ${value.pid}, node ${value.nodePid}, uid ${value.uid})\n`;
  const listeners = value.listeners.map(({ protocol, address, port }) => {
    return `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;
  });
  const report = value.node as Partial<NodeReport>;
  const rows: Row[] = [['listens on', listeners.length === 0 ? ['nothing'] : listeners]];
  if (report.threads !== undefined && report.counters !== undefined) rows.push(...reportRows(report as NodeReport));
  return head + rows.map(rowText).join('');
}

type Row = readonly [name: string, lines: readonly string[]];

function rowText([name, lines]: Row): string {
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(11)}${line}\n`).join('');
}

function reportRows(report: NodeReport): Row[] {
  const { threads, counters, memory, topology } = report;
  const count = (name: string): number => numberIn(counters, name);
  const taken = count('queue.accepted');
  const servers = (what: string): number => count(`smtpd.${what}`) + count(`qmtpd.${what}`) + count(`qmqpd.${what}`);
  const all = (what: string): number => servers(what) + count(`pop3d.${what}`);
  const programs = count('inject.accepted');
  const placed = `${threads.front} front, ${threads.core} core, ${threads.remote} remote, ${threads.local} local`;
  const turnedAway = `${all('evicted')} evicted, ${all('rejected')} turned away, ${all('denied')} denied by rules`;
  const outcomes = `${count('send.delivered')} delivered, ${count('send.deferred')} deferred, ${count('send.failed')} failed`;
  const forwards = Math.max(0, taken - servers('accepted') - programs);
  return [
    ['clients', [`${all('connections')} connected, ${all('waiting')} waiting; so far ${turnedAway}`]],
    [
      'taken in',
      [
        `${taken}: ${count('smtpd.accepted')} by SMTP, ${count('qmtpd.accepted')} by QMTP, ${count('qmqpd.accepted')} by QMQP, ` +
          `${programs} from programs, ${forwards} forwards; ${count('queue.refused')} refused`,
      ],
    ],
    [
      'mailboxes',
      [`${count('pop3d.connections')} POP3 clients; ${count('pop3d.logins')} logins, ${count('pop3d.refused')} refused`],
    ],
    ['recipients', [`${outcomes}; ${count('send.bounces')} bounces`]],
    ['queue', [`${count('queue.messages')} messages, ${count('send.jobs')} of them open`]],
    ['slots', [`local ${slots(counters, 'local').shown}, remote ${slots(counters, 'remote').shown}`]],
    ['limited by', limits(report)],
    ['threads', [`${placed}; ${threads.restarts} restarts; placement ${topology}`]],
    ['memory', [`${mebibytes(memory)} MiB; bodies under way ${mebibytes(count('smtpd.bodyOctets'))} MiB`]],
    ['log', [`${count('log.lines')} lines, ${count('log.lost') + count('log.dropped')} lost`]],
  ];
}

/** Milliseconds from which on a flush is worth a line. */
const slowFlush = 500;

/** What keeps mail from coming in or going out now, a line each. */
function limits(report: NodeReport): readonly string[] {
  const { counters } = report;
  const found: string[] = [];
  const trouble = counters['queue.trouble'];
  if (report.draining) found.push('stopping: sessions and deliveries under way may end, nothing new begins');
  if (report.paused) found.push('pause: no mail is taken or delivered until: tqmail cont');
  if (typeof trouble === 'string') found.push(`the queue: ${trouble}`);
  else if (report.full) found.push('the disk of the queue is full: MAIL gets 452');
  const flush = numberIn(counters, 'queue.flushMs');
  if (flush >= slowFlush) found.push(`the disk of the queue is slow: a flush takes ${(flush / 1000).toFixed(1)} s`);
  const all = (what: string): number =>
    ['smtpd', 'qmtpd', 'qmqpd', 'pop3d'].reduce((sum, name) => sum + numberIn(counters, `${name}.${what}`), 0);
  const waiting = all('waiting');
  const short = all('noDescriptors');
  if (short > 0) found.push(`descriptors: ${short} clients were told to come again (limit on open files)`);
  if (waiting > 0) found.push(`connections: ${waiting} clients wait (control/concurrencyincoming)`);
  for (const channel of ['local', 'remote'] as const) {
    const { used, most } = slots(counters, channel);
    const behind = numberIn(counters, `send.behind.${channel}`) > 0 ? '; further messages wait in the queue' : '';
    if (most === 0) found.push(`control/concurrency${channel} is 0: ${channel} deliveries are held`);
    else if (used >= most) found.push(`control/concurrency${channel}: all ${most} ${channel} slots are at work${behind}`);
    else if (behind !== '') found.push(`${channel} mail is behind${behind}`);
  }
  const down = numberIn(counters, 'rspawn.downHosts');
  if (down > 0) found.push(`${down} hosts that did not answer lately: mail for them waits`);
  const asideNew = numberIn(counters, 'send.asideNew');
  if (asideNew > 0)
    found.push(
      `${asideNew} messages wait aside: their destinations have taken no mail, and have their share of the remote slots`,
    );
  const aside = numberIn(counters, 'send.aside') - asideNew;
  if (aside > 0) found.push(`${aside} messages wait aside: their destination is slow, and has its share of the remote slots`);
  const bounces = numberIn(counters, 'send.bouncesWaiting');
  if (bounces > 0) found.push(`control/bouncerate: about ${bounces} bounces wait for their turn`);
  const unresolved = numberIn(counters, 'rspawn.unresolved');
  if (unresolved > 0)
    found.push(`the name servers: ${unresolved} deliveries lately found no host (control/nameservers, tqmail check)`);
  const lost = numberIn(counters, 'log.lost') + numberIn(counters, 'log.dropped');
  if (lost > 0) found.push(`the reader of the log: ${lost} lines were lost`);
  return found.length === 0 ? ['nothing'] : found;
}

/** The counter `used/most` of one channel. */
function slots(counters: Counters, channel: string): { readonly used: number; readonly most: number; readonly shown: string } {
  const [used, most] = String(counters[`send.slots.${channel}`] ?? '')
    .split('/')
    .map(Number);
  if (used === undefined || most === undefined || Number.isNaN(used + most)) return { used: 0, most: 1, shown: 'unknown' };
  return { used, most, shown: `${used} of ${most}` };
}

function numberIn(counters: Counters, name: string): number {
  const value = counters[name];
  return typeof value === 'number' ? value : 0;
}

function mebibytes(octets: number): string {
  return octets === 0 ? '0' : (octets / 1_048_576).toFixed(octets < 10_485_760 ? 1 : 0);
}

/** The two largest units that say something: `3 d 4 h`, `5 min 2 s`. */
function duration(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ] as const;
  const first = units.findIndex(([length]) => seconds >= length);
  if (first < 0) return '0 s';
  let left = seconds;
  const parts = units.slice(first, first + 2).map(([length, name]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return count === 0 ? '' : `${count} ${name}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}
