/**
 * What each scenario is, for somebody who has nothing but the report.
 * Words only; docs/benchmarks.md says more.
 */

const words: Readonly<Record<string, string>> = {
  relay: 'Mail is accepted, queued and handed to a next hop; the clock stops at the last arrival there.',
  accept: 'Mail is accepted and queued while nothing may leave; the clock stops at the last 250.',
  fanout: 'Few messages with many recipients are accepted and handed to a next hop; every recipient’s copy is a delivery.',
  local: 'Mail is accepted, queued and delivered into one Maildir.',
  backlog: 'A server with a full queue is started and accepts mail, against the same server with an empty queue.',
  drain: 'A queue that was held is let go; the clock runs from that order to the last arrival at the next hop.',
  storm:
    'A queue that was held is let go while new mail comes, 200 messages a second, a twentieth of the queue; latency is that of the new mail.',
  'slow-domain':
    'The same mail alone, then beside mail for a domain whose next hop is slow; figures are those of the mail that is not slow.',
  'bounce-flood': 'The next hop refuses every recipient: each message becomes a bounce in its sender’s Maildir.',
  latency: 'One message at a time to an idle server; latency is from the 250 to the arrival at the next hop.',
  sink: 'The sinks themselves: mail is accepted and thrown away.',
  source: 'The sources themselves into one sink, from the start of the process to its end.',
  'idle-crowd': 'Normal mail beside thousands of connections that do nothing or write an octet now and then.',
  pop3: 'Logins with a look at the mailbox, and messages fetched.',
};

/** Empty for one that nobody described. */
export function scenarioWords(scenario: string): string {
  return words[scenario] ?? '';
}
