/**
 * Any server that listens already: it is only sent to. Nothing is started, ended or looked into, so there is no CPU and
 * no memory; scenarios with arrivals need a server that hands all mail to the bench's sink.
 */
import type { BenchOptions } from '../options.js';
import { waitForGreeting } from '../process/port.js';
import type { Peer } from './peer.js';

const forwarding = new Set(['relay', 'fanout', 'latency']);

export function targetPeer(place: string): Peer {
  const [host = '', port = ''] = place.split(':');
  return {
    name: `target ${place}`,
    durable: null,
    missing: ({ scenario, sinkPort, load }: BenchOptions) => {
      if (host !== '127.0.0.1' && host !== 'localhost') return 'not on this machine: the bench sends to loopback alone';
      if (scenario === 'accept' || scenario === 'sink') return '';
      if (!forwarding.has(scenario)) return `no ${scenario} run: the bench cannot hold its queue or see its mailbox`;
      if (load === 'postfix') return 'its transactions are not known: use --load tqmail';
      return sinkPort > 0 ? '' : 'give --sink-port, and let the server hand all mail to that port';
    },
    version: () => '',
    transactions: () => undefined,
    async start() {
      await waitForGreeting(Number(port), 5_000);
      return { port: Number(port), roots: [], stop: async () => undefined };
    },
  };
}
