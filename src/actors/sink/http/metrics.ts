/**
 * A sink's counts in the text format of Prometheus.
 */
import type { SinkReport } from '../options.js';

/** `part`: what follows the name, of which the explanation speaks as a whole. */
interface Row {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'summary';
  readonly what: string;
  readonly value: number | undefined;
  readonly labels?: string;
  readonly part?: '_sum' | '_count';
}
type Words = readonly [name: string, kind: 'counter' | 'gauge', what: string, value: number | undefined, labels?: string];

const quantiles = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;

function countsOf(report: SinkReport): Row[] {
  const { verdict } = report;
  const troubled = 'Replies and cuts that rules asked for.';
  const judged = 'Marked arrivals by what is wrong with them.';
  const rows: Words[] = [
    ['messages_total', 'counter', 'Messages taken.', report.messages],
    ['recipients_total', 'counter', 'Recipients of messages taken.', report.recipients],
    ['unanswered_total', 'counter', 'Recipients of messages taken whose sender got no answer.', report.unanswered],
    ['bytes_total', 'counter', 'Octets of messages taken and of requests.', report.bytes],
    ['connections_total', 'counter', 'Connections.', report.connections],
    ['connections_tls_total', 'counter', 'Connections that went over to TLS.', report.tls],
    ['connections_open', 'gauge', 'Mail connections open now.', report.open],
    ['requests_total', 'counter', 'HTTP requests taken as webhooks.', report.requests],
    ['troubled_total', 'counter', troubled, report.refused4, 'kind="4xx"'],
    ['troubled_total', 'counter', troubled, report.refused5, 'kind="5xx"'],
    ['troubled_total', 'counter', troubled, report.drops, 'kind="drop"'],
    ['troubled_total', 'counter', troubled, report.stalls, 'kind="stall"'],
    ['troubled_total', 'counter', troubled, report.delays, 'kind="delay"'],
    ['kept_messages', 'gauge', 'Messages that can be looked at.', report.kept.messages],
    ['kept_bytes', 'gauge', 'Their octets.', report.kept.octets],
    ['ledger_lost', 'gauge', 'Planned and not arrived.', verdict?.lost],
    ['ledger_wrong_total', 'counter', judged, verdict?.duplicate, 'kind="duplicate"'],
    ['ledger_wrong_total', 'counter', judged, verdict?.altered, 'kind="altered"'],
    ['ledger_wrong_total', 'counter', judged, verdict?.late, 'kind="late"'],
    ['ledger_stopped', 'gauge', '1 when the ledger file can be written no more.', report.ledgerTrouble === undefined ? 0 : 1],
  ];
  return rows.map(([name, kind, what, value, labels]) => ({
    name,
    kind,
    what,
    value,
    ...(labels === undefined ? {} : { labels }),
  }));
}

/** A summary: quantiles, their sum, how many. */
function latencyOf({ latency }: SinkReport): Row[] {
  if (latency === undefined) return [];
  const row = { name: 'latency_seconds', kind: 'summary', what: 'From sending to arrival of marked messages.' } as const;
  const at = Object.entries(quantiles) as ['p50' | 'p90' | 'p99' | 'p999', number][];
  return [
    ...at.map(([name, share]): Row => ({ ...row, value: latency[name] / 1000, labels: `quantile="${share}"` })),
    { ...row, part: '_sum', value: (latency.mean * latency.count) / 1000 },
    { ...row, part: '_count', value: latency.count },
  ];
}

export function metricsText(report: SinkReport): string {
  let text = '';
  let last = '';
  for (const { name, kind, what, value, labels, part = '' } of [...countsOf(report), ...latencyOf(report)]) {
    if (value === undefined) continue;
    if (name !== last) text += `# HELP tqmail_sink_${name} ${what}\n# TYPE tqmail_sink_${name} ${kind}\n`;
    last = name;
    text += `tqmail_sink_${name}${part}${labels === undefined ? '' : `{${labels}}`} ${value}\n`;
  }
  return text;
}
