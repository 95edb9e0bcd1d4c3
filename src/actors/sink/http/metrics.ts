/**
 * A sink's counts in the text format of Prometheus.
 */
import { type MetricRow, prometheusText } from '../../../protocol/prometheus.js';
import type { SinkReport } from '../options.js';

const quantiles = { p50: 0.5, p90: 0.9, p99: 0.99, p999: 0.999 } as const;

function countsOf(report: SinkReport): MetricRow[] {
  const { verdict } = report;
  const troubled = 'Replies and cuts that rules asked for.';
  const judged = 'Marked arrivals by what is wrong with them.';
  return [
    ['messages_total', 'counter', 'Messages taken.', report.messages],
    ['recipients_total', 'counter', 'Recipients of messages taken.', report.recipients],
    ['unanswered_total', 'counter', 'Recipients of messages taken whose sender got no answer.', report.unanswered],
    ['unmarked_total', 'counter', 'Messages without a readable ledger mark.', report.unmarked],
    ['bytes_total', 'counter', 'Octets of messages taken and of requests.', report.bytes],
    ['connections_total', 'counter', 'Mail connections.', report.connections],
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
}

/** A summary: quantiles, their sum, how many. */
function latencyOf({ latency }: SinkReport): MetricRow[] {
  if (latency === undefined) return [];
  const first = ['latency_seconds', 'summary', 'From sending to arrival of marked messages.'] as const;
  const at = Object.entries(quantiles) as ['p50' | 'p90' | 'p99' | 'p999', number][];
  return [
    ...at.map(([name, share]): MetricRow => [...first, latency[name] / 1000, `quantile="${share}"`]),
    [...first, (latency.mean * latency.count) / 1000, '', '_sum'],
    [...first, latency.count, '', '_count'],
  ];
}

export const metricsText = (report: SinkReport): string =>
  prometheusText('tqmail_sink_', [...countsOf(report), ...latencyOf(report)]);
