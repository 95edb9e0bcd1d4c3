/**
 * What a sink counts. Plain numbers, so that they can go to another process and be added up.
 */

export interface SinkCounts {
  /** Taken, of all protocols. */
  messages: number;
  recipients: number;
  /** Of the messages, those without a mark, or with one that cannot be read any more: no ledger knows them. */
  unmarked: number;
  /** Of messages as they came, and of requests. */
  bytes: number;
  /** Of mail; those of the page and the interface would hide them. */
  connections: number;
  /** Of these, those that went over to TLS. */
  tls: number;
  /** Open now. */
  open: number;
  /** HTTP requests that are neither page nor interface. */
  requests: number;
  /** Replies 4xx and 5xx that a rule or an address asked for. */
  refused4: number;
  refused5: number;
  /** Of the recipients, those of messages whose sender never learned that they were taken. */
  unanswered: number;
  /** Connections cut by a rule or an address. */
  drops: number;
  stalls: number;
  delays: number;
}

export function noCounts(): SinkCounts {
  return {
    messages: 0,
    recipients: 0,
    unmarked: 0,
    bytes: 0,
    connections: 0,
    tls: 0,
    open: 0,
    requests: 0,
    refused4: 0,
    refused5: 0,
    unanswered: 0,
    drops: 0,
    stalls: 0,
    delays: 0,
  };
}

/** The sum of all. */
export function sumCounts(all: Iterable<SinkCounts>): SinkCounts {
  const sum = noCounts();
  for (const counts of all) for (const name of Object.keys(sum) as (keyof SinkCounts)[]) sum[name] += counts[name];
  return sum;
}
