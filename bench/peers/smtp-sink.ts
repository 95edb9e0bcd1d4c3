/**
 * The direct run: source → sink with no server between, the upper bound of what the load pair can do.
 * In the scenario `sink` it is Postfix's smtp-sink itself that is measured.
 */
import { existsSync } from 'node:fs';
import { postfixLoad } from '../load/postfix.js';
import type { Peer } from './peer.js';

const forwarding = new Set(['relay', 'fanout']);

export const smtpSink: Peer = {
  name: 'smtp-sink',
  durable: false,
  missing({ scenario, load }) {
    if (scenario === 'sink') return postfixLoad.missing();
    if (scenario === 'latency') return 'no latency run: it hands nothing on, a message arrives before its 250';
    if (!forwarding.has(scenario)) return `stores nothing: no ${scenario} run`;
    return load === 'postfix' && !existsSync('/usr/sbin/smtp-sink') ? postfixLoad.missing() : '';
  },
  version: () => '',
  transactions: () => 1,
  async start(workload) {
    if (workload.options.scenario !== 'sink') {
      return { port: workload.sinkPort, roots: [workload.sinkPid], stop: async () => undefined };
    }
    const sink = await postfixLoad.startSink(workload.dir);
    return { port: sink.port, roots: [sink.pid], taken: sink, stop: () => sink.stop() };
  },
};
