/**
 * Postfix's smtp-source, a candidate of the scenario `source` alone: it serves nobody.
 * The run itself starts it; this names it.
 */
import { postfixLoad } from '../load/postfix.js';
import type { Peer } from './peer.js';

export const smtpSource: Peer = {
  name: 'smtp-source',
  durable: false,
  missing: ({ scenario }) => (scenario === 'source' ? postfixLoad.missing() : 'sends mail, takes none'),
  version: () => '',
  transactions: () => undefined,
  start: () => Promise.reject(new Error('smtp-source is no server')),
};
