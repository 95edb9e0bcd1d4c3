/** What a load of a test is unless the test says otherwise: few and small messages to a port of this machine. */
import type { SourceOptions } from '../../src/actors/source/options.js';

export function sourceOrder(port: number, changes: Partial<SourceOptions> = {}): SourceOptions {
  return {
    target: { address: '127.0.0.1', port, tls: false, helohost: 'source.test', timeout: 10_000 },
    messages: 20,
    size: 500,
    sessions: 4,
    rate: 0,
    recipients: 1,
    perSession: 0,
    sender: 's@source.test',
    pattern: 'rcpt-#@dest.test',
    ...changes,
  };
}
