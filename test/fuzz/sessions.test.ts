/**
 * Whole sessions over sockets, spoilt by chance in every state: octets changed, connections cut or reset, pauses. The server
 * takes the next good mail as if nothing had been; the client reports every delivery once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivery, hello, remoteSession } from '../support/remote-sessions.js';
import { withServer } from '../support/scripted-smtp-server.js';
import { chanceOf, mutated, oneOf } from './mutate.js';
import { recordedServers } from './recorded.js';
import { type SessionKind, stormOn } from './session-kinds.js';

const seed = 20_011;
const words = [
  '\r\n.\r\n',
  'DATA\r\n',
  'MAIL FROM:<a@d.test>\r\n',
  'RCPT TO:<c@d.test>\r\n',
  'RSET\r\n',
  'QUIT\r\n',
  '5:a@b.c,',
  '250-',
  '354 go\r\n',
];

for (const [kind, sessions] of Object.entries({ smtp: 300, qmtp: 150, qmqp: 150, pop3: 150 } as const)) {
  test(`${sessions} spoilt ${kind} sessions in all states: what is kept was accepted, and the next good one goes through`, async (t) => {
    const { messages } = await stormOn(kind as SessionKind, t, { sessions, seed });
    t.diagnostic(`${messages} messages handed over`);
  });
}

test('80 spoilt servers: every delivery has one outcome, delivered only where the server said so', async () => {
  const chance = chanceOf(seed);
  const seeds = recordedServers();
  const one = async (): Promise<void> => {
    const said = mutated(oneOf(chance, seeds), chance, words, seeds);
    // All at once, or line by line as the client asks.
    const lines = said.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    const steps = chance() < 0.5 ? [{ send: said }] : lines.flatMap((line) => [{ send: line }, { line: true } as const]);
    await withServer([[...steps, { close: true }]], async (port) => {
      const session = remoteSession(port);
      const { outcomes } = await session.deliver(delivery(), hello);
      session.close();
      assert.equal(outcomes.length, 1, JSON.stringify(said));
      assert.match(outcomes[0]?.status ?? '', /^[KZD]$/);
      if (outcomes[0]?.status === 'K') assert.ok(lines.length >= 5, JSON.stringify(said));
    });
  };
  for (let round = 0; round < 4; round++) await Promise.all(Array.from({ length: 20 }, one));
});
