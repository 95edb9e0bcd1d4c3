/**
 * The status of a server as figures for Prometheus. Counters begin anew with a new node, which a rate over time takes as it is. Pure.
 */
import type { NodeReport } from '../../actors/node-api.js';
import { type MetricRow, prometheusText } from '../../protocol/prometheus.js';
import type { NodeStatus } from './messages.js';

const servers = { smtp: 'smtpd', qmtp: 'qmtpd', qmqp: 'qmqpd', pop3: 'pop3d' } as const;
const takers = { smtp: 'smtpd', qmtp: 'qmtpd', qmqp: 'qmqpd', program: 'inject' } as const;

/** Undefined: no server runs. */
export function statusMetrics(value: NodeStatus | undefined): string {
  const report = (value?.node ?? {}) as Partial<NodeReport>;
  const { counters = {} } = report;
  const count = (name: string): number | undefined => {
    const found = counters[name];
    return typeof found === 'number' ? found : undefined;
  };
  return prometheusText('tqmail_', [
    ['up', 'gauge', '1 when the server answers.', value === undefined ? 0 : 1],
    ['uptime_seconds', 'gauge', 'Age of the node.', value?.seconds],
    ['paused', 'gauge', '1 while it neither takes nor delivers mail.', flag(value?.paused)],
    ['draining', 'gauge', '1 while it stops.', flag(report.draining)],
    ['full', 'gauge', '1 while there is no room for mail on the disk of the queue.', flag(report.full)],
    ['memory_bytes', 'gauge', 'Resident memory of the node.', report.memory],
    ['thread_restarts_total', 'counter', 'Threads that ended and were started again.', report.threads?.restarts],
    ...clientRows(count),
    ...mailRows(count),
    ...slotRows(counters),
    ['sessions', 'gauge', 'Connections to other servers.', count('rspawn.sessions')],
    ['sessions_opened_total', 'counter', 'Connections to other servers that were opened.', count('rspawn.opened')],
    ['down_hosts', 'gauge', 'Hosts that did not answer lately.', count('rspawn.downHosts')],
    ['unresolved', 'gauge', 'Deliveries that lately found no host by DNS.', count('rspawn.unresolved')],
    ['log_lines_total', 'counter', 'Lines of the log.', count('log.lines')],
    ['log_lost_total', 'counter', 'Lines of the log that nobody read in time.', sum(count('log.lost'), count('log.dropped'))],
  ]);
}

type Count = (name: string) => number | undefined;

function clientRows(count: Count): MetricRow[] {
  const each = (name: string, kind: 'counter' | 'gauge', what: string, counter: string): MetricRow[] =>
    Object.entries(servers).map(([protocol, actor]) => [
      name,
      kind,
      what,
      count(`${actor}.${counter}`),
      `protocol="${protocol}"`,
    ]);
  const refusedMore = 'Clients that were sent away, by why.';
  const refused = (['evicted', 'rejected', 'denied', 'blocked'] as const).flatMap((why) =>
    Object.entries(servers).map(([protocol, actor]): MetricRow => {
      return ['clients_refused_total', 'counter', refusedMore, count(`${actor}.${why}`), `protocol="${protocol}",why="${why}"`];
    }),
  );
  return [
    ...each('clients', 'gauge', 'Clients that are connected.', 'connections'),
    ...each('clients_waiting', 'gauge', 'Clients that wait for a place.', 'waiting'),
    ...refused,
    ['pop3_logins_total', 'counter', 'Logins by POP3.', count('pop3d.logins')],
    ['pop3_logins_refused_total', 'counter', 'Logins by POP3 that were refused.', count('pop3d.refused')],
  ];
}

function mailRows(count: Count): MetricRow[] {
  const flushMs = count('queue.flushMs');
  return [
    ...Object.entries(takers).map(([by, actor]): MetricRow => {
      return [
        'messages_taken_total',
        'counter',
        'Messages taken in, by how they came.',
        count(`${actor}.accepted`),
        `by="${by}"`,
      ];
    }),
    ['queue_accepted_total', 'counter', 'Messages that were queued, bounces left out.', count('queue.accepted')],
    ['queue_refused_total', 'counter', 'Messages that could not be queued.', count('queue.refused')],
    ['queue_finished_total', 'counter', 'Messages that left the queue.', count('queue.finished')],
    ['queue_messages', 'gauge', 'Messages in the queue.', count('queue.messages')],
    ['queue_open', 'gauge', 'Messages in memory for delivery.', count('send.jobs')],
    ['queue_aside', 'gauge', 'Messages that wait aside for a slow host.', count('send.aside')],
    ['queue_crashing', 'gauge', 'Messages that are not tried because they ended a thread three times.', count('send.held')],
    ['queue_flush_seconds', 'gauge', 'Time that a flush takes now.', flushMs === undefined ? undefined : flushMs / 1000],
    ...(['delivered', 'deferred', 'failed'] as const).map((result): MetricRow => {
      return [
        'recipients_total',
        'counter',
        'Deliveries by result, a recipient each.',
        count(`send.${result}`),
        `result="${result}"`,
      ];
    }),
    ['bounces_total', 'counter', 'Bounces that were queued.', count('send.bounces')],
    ['bounces_waiting', 'gauge', 'Bounces that wait for their turn (control/bouncerate).', count('send.bouncesWaiting')],
  ];
}

function slotRows(counters: NodeReport['counters']): MetricRow[] {
  const rows = (['local', 'remote'] as const).map((channel) => {
    const [used, most] = String(counters[`send.slots.${channel}`] ?? '').split('/');
    return { labels: `channel="${channel}"`, used: number(used), most: number(most) };
  });
  return [
    ...rows.map(({ labels, used }): MetricRow => ['slots_used', 'gauge', 'Deliveries under way.', used, labels]),
    ...rows.map(({ labels, most }): MetricRow => ['slots', 'gauge', 'Deliveries that may be under way.', most, labels]),
  ];
}

const number = (text: string | undefined): number | undefined => (text && /^\d+$/.test(text) ? Number(text) : undefined);
const flag = (set: boolean | undefined): number | undefined => (set === undefined ? undefined : set ? 1 : 0);
const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
