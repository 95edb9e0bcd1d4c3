/** Two deliveries at once on one connection: the second one's commands follow the first one's final dot (RFC 2920 §3.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RemoteReport } from '../../../src/actors/messages.js';
import type { RemoteSession } from '../../../src/actors/remote/session.js';
import { delivery, greeting, hello, pipelining, remoteSession, transaction } from '../../support/remote-sessions.js';
import { type Step, withServer } from '../../support/scripted-smtp-server.js';

const quit: Step[] = [{ line: true }, { close: true }];
const whole = [...pipelining, ...transaction(), ...transaction(), ...quit];

function two(session: RemoteSession): Promise<RemoteReport[]> {
  const first = session.deliver(delivery({ recipients: ['one@one.test'] }), hello);
  return Promise.all([first, session.deliver(delivery({ recipients: ['two@one.test'] }), hello)]);
}
function short(reports: readonly RemoteReport[]): string[] {
  return reports.map(({ outcomes }) => `${outcomes[0]?.status} ${outcomes[0]?.text.split('\n')[0]}`);
}
const accepted = 'K 127.0.0.1 accepted message.';

test('the next commands come before the message is answered', async () => {
  const [mail = { line: true }, ...later] = transaction();
  // The answer to the first final dot is held back until the second MAIL is there: whoever waits for it hangs.
  const script = [...pipelining, ...transaction().slice(0, -1), mail, { send: '250 accepted\r\n' }, ...later, ...quit];
  await withServer([script], async (port, server) => {
    const session = remoteSession(port);
    assert.deepEqual(short(await two(session)), [accepted, accepted]);
    session.close();
    await server.quiet();
    const text = server.received[0] ?? '';
    assert.match(text, /hello\r\n\.\r\nMAIL FROM:<a@b\.c> SIZE=21\r\nRCPT TO:<two@one\.test>\r\nDATA\r\nSubject/);
  });
});

test('a server without PIPELINING gets one command at a time', async () => {
  await withServer([[...greeting, ...transaction(), ...transaction(), ...quit]], async (port) => {
    const session = remoteSession(port);
    assert.deepEqual(short(await two(session)), [accepted, accepted]);
    session.close();
  });
});

const refusals: Readonly<Record<string, { readonly replies: readonly string[]; readonly first: string }>> = {
  MAIL: { replies: ['550 no', '503 no', '503 no'], first: 'D Connected to 127.0.0.1 but sender was rejected.' },
  RCPT: { replies: ['250 ok', '550 no', '503 no'], first: 'D 127.0.0.1 does not like recipient.' },
  DATA: { replies: ['250 ok', '250 ok', '451 no'], first: 'Z 127.0.0.1 failed on DATA command.' },
};
for (const [name, { replies, first }] of Object.entries(refusals)) {
  const refused = transaction(...replies).slice(0, -2);
  // After MAIL was accepted the server has a transaction open: RSET goes before the next MAIL.
  const reset: Step[] = name === 'MAIL' ? [] : [{ line: true }, { send: '250 reset\r\n' }];
  test(`a refused ${name} of the first does not touch the second`, async () => {
    await withServer([[...pipelining, ...refused, ...reset, ...transaction(), ...quit]], async (port) => {
      const session = remoteSession(port);
      assert.deepEqual(short(await two(session)), [first, accepted]);
      session.close();
    });
  });
  test(`a refused ${name} of the second does not touch the first`, async () => {
    await withServer([[...pipelining, ...transaction(), ...refused, ...reset, ...transaction(), ...quit]], async (port) => {
      const session = remoteSession(port);
      assert.deepEqual(short(await two(session)), [accepted, first]);
      assert.deepEqual(short([await session.deliver(delivery(), hello)]), [accepted]);
      session.close();
    });
  });
}

test('a server that takes the first and leaves gets the second on a new connection', async () => {
  for (const end of [{ close: true }, { reset: true }] as const) {
    for (const last of ['250 accepted', '250 accepted\r\n421 bye']) {
      const cut = [...pipelining, ...transaction('250 ok', '250 ok', '354 go', last), end];
      await withServer([cut, whole], async (port, server) => {
        const session = remoteSession(port);
        assert.deepEqual(short(await two(session)), [accepted, accepted]);
        session.close();
        await server.quiet();
        assert.equal(server.received.length, 2);
        assert.doesNotMatch(server.received[1] ?? '', /one@one/);
      });
    }
  }
});

test('an end in place of the answer to the first message concerns only the first', async () => {
  const cut = [...pipelining, ...transaction().slice(0, -1), { close: true } as const];
  await withServer([cut, whole], async (port, server) => {
    const session = remoteSession(port);
    const [first, second] = await two(session);
    assert.match(first?.outcomes[0]?.text ?? '', /^Connected to 127\.0\.0\.1 but connection died\. Possible duplicate!/);
    assert.equal(second?.outcomes[0]?.status, 'K');
    assert.equal(first?.closed, false);
    session.close();
    await server.quiet();
    assert.equal(server.received.length, 2);
  });
});

test('both are sent again, in order, when the kept connection was dead', async () => {
  const dead = [...pipelining, ...transaction(), { line: true } as const, { close: true } as const];
  await withServer([dead, whole], async (port, server) => {
    const session = remoteSession(port);
    assert.deepEqual(short([await session.deliver(delivery(), hello)]), [accepted]);
    assert.deepEqual(short(await two(session)), [accepted, accepted]);
    session.close();
    await server.quiet();
    assert.equal(server.received.length, 2);
    assert.match(server.received[1] ?? '', /one@one\.test[\s\S]*two@one\.test/);
  });
});

test('a long chain of deliveries keeps its order', async () => {
  const many = Array.from({ length: 40 }, () => transaction()).flat();
  await withServer([[...pipelining, ...many, ...quit]], async (port, server) => {
    const session = remoteSession(port);
    let previous: Promise<RemoteReport> | undefined;
    for (let message = 0; message < 40; message++) {
      const next = session.deliver(delivery({ recipients: [`r${message}@one.test`] }), hello);
      if (previous !== undefined) assert.deepEqual(short([await previous]), [accepted]);
      previous = next;
    }
    await previous;
    session.close();
    await server.quiet();
    const order = [...(server.received[0] ?? '').matchAll(/RCPT TO:<r(\d+)@/g)].map((match) => Number(match[1]));
    assert.deepEqual(
      order,
      Array.from({ length: 40 }, (_, message) => message),
    );
  });
});
