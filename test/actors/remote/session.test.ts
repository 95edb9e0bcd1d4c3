/**
 * One connection with many deliveries: overlap, lost connections, what may be sent again and what may not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivery, greeting, hello, remoteSession, transaction } from '../../support/remote-sessions.js';
import { type Step, withServer } from '../../support/scripted-smtp-server.js';

const accepted = '127.0.0.1 accepted message.\nRemote host said: 250 accepted\n';
const quit: Step[] = [{ line: true }, { close: true }];
const dialogue = 'MAIL FROM:<a@b.c>\r\nRCPT TO:<joe@one.test>\r\nDATA\r\nSubject: s\r\n\r\nhello\r\n.\r\n';

test('one connection carries many messages and ends with QUIT', async () => {
  await withServer([[...greeting, ...transaction(), ...transaction(), ...quit]], async (port, server) => {
    const session = remoteSession(port);
    const first = await session.deliver(delivery(), hello);
    assert.deepEqual(first, { outcomes: [{ status: 'K', text: accepted }], closed: false, timedOut: [], reached: '127.0.0.1' });
    const second = await session.deliver(delivery(), hello);
    assert.deepEqual(second, { outcomes: [{ status: 'K', text: accepted }], closed: false, timedOut: [] });
    session.close();
    await server.quiet();
    assert.deepEqual(server.received, [`EHLO mail.example.org\r\n${dialogue}${dialogue}QUIT\r\n`]);
  });
});

test('a second delivery may wait for the first, a third may not', async () => {
  await withServer([[...greeting, ...transaction(), ...transaction(), ...quit]], async (port, server) => {
    const session = remoteSession(port);
    const both = [session.deliver(delivery(), hello), session.deliver(delivery(), hello)];
    assert.equal(session.ready, false);
    assert.throws(() => session.deliver(delivery(), hello), /two deliveries/);
    session.close();
    const reports = await Promise.all(both);
    assert.deepEqual(
      reports.map(({ outcomes }) => outcomes[0]?.status),
      ['K', 'K'],
    );
    await server.quiet();
    assert.match(server.received[0] ?? '', /QUIT\r\n$/);
  });
});

const farewells: Readonly<Record<string, readonly Step[]>> = {
  'closed at once': [{ close: true }],
  'reset at once': [{ reset: true }],
  'closed when MAIL came': [{ line: true }, { close: true }],
  'reset when MAIL came': [{ line: true }, { reset: true }],
  '421 and closed at once': [{ send: '421 idle for too long\r\n' }, { close: true }],
  '421 in place of the answer to MAIL': [{ line: true }, { send: '421 too many messages\r\n' }, { close: true }],
  '421 in pieces': [{ line: true }, { send: '42' }, { sleep: 0.02 }, { send: '1 bye\r\n' }, { close: true }],
};
for (const [name, steps] of Object.entries(farewells)) {
  for (const waits of [false, true]) {
    test(`a kept connection that ends (${name}${waits ? ', seen before' : ''}) costs no deferral`, async () => {
      const scripts = [
        [...greeting, ...transaction(), ...steps],
        [...greeting, ...transaction(), ...quit],
      ];
      await withServer(scripts, async (port, server) => {
        const session = remoteSession(port);
        assert.equal((await session.deliver(delivery(), hello)).outcomes[0]?.status, 'K');
        if (waits) await new Promise((resolve) => setImmediate(resolve));
        const report = await session.deliver(delivery(), hello);
        assert.deepEqual(report.outcomes, [{ status: 'K', text: accepted }]);
        session.close();
        await server.quiet();
        assert.deepEqual(server.received[1], `EHLO mail.example.org\r\n${dialogue}QUIT\r\n`);
      });
    });
  }
}

test('a fresh connection that ends is not tried again', async () => {
  await withServer([[...greeting, { line: true }, { close: true }]], async (port, server) => {
    const report = await remoteSession(port).deliver(delivery(), hello);
    assert.deepEqual(report.outcomes, [{ status: 'Z', text: 'Connected to 127.0.0.1 but connection died. (#4.4.2)\n' }]);
    assert.equal(report.closed, true);
    assert.equal(server.received.length, 1);
  });
});

test('what may have been accepted is not sent again', async () => {
  const script = [...greeting, ...transaction(), ...transaction().slice(0, -1), { close: true } as const];
  await withServer([script], async (port, server) => {
    const session = remoteSession(port);
    await session.deliver(delivery(), hello);
    const report = await session.deliver(delivery(), hello);
    assert.deepEqual(report.outcomes, [
      { status: 'Z', text: 'Connected to 127.0.0.1 but connection died. Possible duplicate! (#4.4.2)\n' },
    ]);
    assert.equal(server.received.length, 1);
  });
});

test('an end after MAIL was answered defers, and the next message gets a new connection', async () => {
  const cut = [...greeting, ...transaction(), ...transaction().slice(0, 2), { line: true } as const, { close: true } as const];
  await withServer([cut, [...greeting, ...transaction(), ...quit]], async (port, server) => {
    const session = remoteSession(port);
    await session.deliver(delivery(), hello);
    const lost = await session.deliver(delivery(), hello);
    assert.deepEqual([lost.outcomes[0]?.status, lost.closed], ['Z', true]);
    const next = await session.deliver(delivery(), hello);
    assert.equal(next.outcomes[0]?.status, 'K');
    session.close();
    await server.quiet();
    assert.equal(server.received.length, 2);
  });
});

test('421 in the middle of a transaction defers its recipients', async () => {
  const cut = [...greeting, ...transaction('250 ok', '421 going down').slice(0, 4), { close: true } as const];
  await withServer([cut, [...greeting, ...transaction(), ...quit]], async (port) => {
    const session = remoteSession(port);
    const both = await Promise.all([session.deliver(delivery(), hello), session.deliver(delivery(), hello)]);
    assert.equal(both[0]?.outcomes[0]?.status, 'Z');
    assert.match(both[0]?.outcomes[0]?.text ?? '', /421 going down/);
    assert.equal(both[1]?.outcomes[0]?.status, 'K');
    session.close();
  });
});

test('each recipient gets its own outcome', async () => {
  const line: Step = { line: true };
  const script: Step[] = [...greeting, line, { send: '250 ok\r\n' }];
  for (const reply of ['550 no such', '451 later', '250 ok']) script.push(line, { send: `${reply}\r\n` });
  script.push(line, { send: '354 go\r\n' }, { data: true }, { send: '250 accepted\r\n' }, ...quit);
  await withServer([script], async (port) => {
    const session = remoteSession(port);
    const { outcomes } = await session.deliver(delivery({ recipients: ['a@one.test', 'b@one.test', 'c@one.test'] }), hello);
    assert.deepEqual(
      outcomes.map(({ status, text }) => `${status} ${text.split('\n')[1]}`),
      ['D Remote host said: 550 no such', 'Z Remote host said: 451 later', 'K Remote host said: 250 accepted'],
    );
    session.close();
  });
});

test('a server that falls silent is given up after timeoutremote', async () => {
  for (const script of [[], [...greeting], [...greeting, ...transaction().slice(0, -1)]]) {
    await withServer([script], async (port) => {
      const start = performance.now();
      const report = await remoteSession(port).deliver(delivery(), hello);
      const seconds = (performance.now() - start) / 1000;
      assert.equal(report.outcomes[0]?.status, 'Z');
      assert.match(report.outcomes[0]?.text ?? '', /^Connected to 127\.0\.0\.1 but connection died\./);
      assert.ok(seconds >= 1 && seconds < 3, `${seconds} s`);
      assert.equal(report.closed, true);
    });
  }
});

test('replies that nobody asked for end the connection instead of being taken for later ones', async () => {
  const extra = transaction('250 ok', '250 ok', '354 go', '250 accepted\r\n250 one too many');
  await withServer(
    [
      [...greeting, ...extra],
      [...greeting, ...transaction(), ...quit],
    ],
    async (port, server) => {
      const session = remoteSession(port);
      const both = await Promise.all([session.deliver(delivery(), hello), session.deliver(delivery(), hello)]);
      assert.deepEqual(
        both.map(({ outcomes }) => outcomes[0]?.status),
        ['K', 'K'],
      );
      session.close();
      await server.quiet();
      assert.equal(server.received.length, 2);
    },
  );
});
