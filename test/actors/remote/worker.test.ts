/**
 * A worker thread's sessions and the name servers they ask.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRemoteSession } from '../../../src/actors/remote/worker.js';
import { DnsServer } from '../../support/dns-server.js';
import { delivery, greeting, hello, settings, transaction } from '../../support/remote-sessions.js';
import { withServer } from '../../support/scripted-smtp-server.js';

test('sessions of a thread ask the name servers of the settings, or those of the environment', async () => {
  const configured = new DnsServer({ 'one.test': [['A', '127.0.0.1']] });
  const replaced = new DnsServer({ 'one.test': 'SERVFAIL' });
  const start = {
    target: { kind: 'relay', host: 'one.test', port: 0 } as const,
    settings: { ...settings, remotegreet: 'auto' as const, nameservers: [await configured.start()] },
    skip: [],
  };
  await replaced.start();
  try {
    await withServer([[...greeting, ...transaction()]], async (port) => {
      const session = createRemoteSession({ ...start, target: { ...start.target, port } });
      assert.equal((await session.deliver(delivery(), hello)).outcomes[0]?.status, 'K');
      session.close();
      process.env.TQMAIL_DNS = replaced.address;
      const other = createRemoteSession({ ...start, target: { ...start.target, port } });
      const report = await other.deliver(delivery(), hello);
      assert.match(report.outcomes[0]?.text ?? '', /couldn't find any host by that name/);
    });
    assert.ok(replaced.questions.includes('A one.test'));
  } finally {
    delete process.env.TQMAIL_DNS;
    await configured.stop();
    await replaced.stop();
  }
});
