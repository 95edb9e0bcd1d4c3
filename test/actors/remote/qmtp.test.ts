/** Sessions to hosts with a QMTP route: kept connections, answers by recipient, connections that end early, large bodies. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RemoteReport } from '../../../src/actors/messages.js';
import { type Answer, netstring, QmtpServer } from '../../support/qmtp-server.js';
import { delivery, hello, remoteSession } from '../../support/remote-sessions.js';

type Session = ReturnType<typeof remoteSession>;

async function withQmtp(
  answer: Answer | undefined,
  body: (session: Session, server: QmtpServer) => Promise<void>,
): Promise<void> {
  const server = new QmtpServer(answer);
  const session = remoteSession({ kind: 'qmtp', host: '127.0.0.1', port: await server.start() });
  try {
    await body(session, server);
  } finally {
    session.close();
    await server.stop();
  }
}

const statuses = ({ outcomes }: RemoteReport): string => outcomes.map(({ status }) => status).join('');

test('messages one after another on one connection, with LF line ends and single dots', () =>
  withQmtp(undefined, async (session, server) => {
    const first = await session.deliver(delivery(), Buffer.from('Subject: s\r\n\r\n..dot\r\n'));
    assert.deepEqual(first, {
      outcomes: [{ status: 'K', text: '127.0.0.1 accepted message.\nRemote host said: ok 1 qp 2\n' }],
      closed: false,
      timedOut: [],
      reached: '127.0.0.1',
    });
    assert.equal(statuses(await session.deliver(delivery({ sender: '' }), hello)), 'K');
    assert.deepEqual(server.messages, [
      { body: '\nSubject: s\n\n.dot\n', sender: 'a@b.c', recipients: ['joe@one.test'], connection: 1 },
      { body: '\nSubject: s\n\nhello\n', sender: '', recipients: ['joe@one.test'], connection: 1 },
    ]);
  }));

test('every recipient has an answer of its own', () =>
  withQmtp(
    () => ['Kok', 'Dno such user (#5.1.1)', 'Zlater\r\0'].map(netstring).join(''),
    async (session) => {
      const recipients = ['a@one.test', 'b@one.test', 'c@one.test'];
      const { outcomes, closed } = await session.deliver(delivery({ recipients }), hello);
      const dislike = '127.0.0.1 does not like recipient.\nRemote host said: ';
      assert.deepEqual(outcomes, [
        { status: 'K', text: '127.0.0.1 accepted message.\nRemote host said: ok\n' },
        { status: 'D', text: `${dislike}no such user (#5.1.1)\nGiving up on 127.0.0.1.\n` },
        { status: 'Z', text: `${dislike}later?\nGiving up on 127.0.0.1.\n` },
      ]);
      assert.equal(closed, false);
    },
  ));

test('a connection that ends before all answers defers the recipients without one', () =>
  withQmtp(
    (message) => (message.recipients.length === 1 ? 'cut' : `${netstring('Kok')}x`),
    async (session) => {
      const cut = await session.deliver(delivery(), hello);
      assert.deepEqual(cut.outcomes, [
        { status: 'Z', text: 'Connected to 127.0.0.1 but connection died. Possible duplicate! (#4.4.2)\n' },
      ]);
      assert.equal(cut.closed, true);
      const garbled = await session.deliver(delivery({ recipients: ['a@one.test', 'b@one.test'] }), hello);
      assert.equal(statuses(garbled), 'KZ');
      assert.equal(garbled.closed, true);
    },
  ));

for (const [form, text] of [
  ['wire', `Subject: s\r\n\r\n${'..dotted line\r\n'.repeat(60_000)}`],
  ['unix', `Subject: s\n\n${'.dotted line\n'.repeat(60_000)}`],
] as const) {
  test(`a body in a file in ${form} form is measured before it is sent`, () =>
    withQmtp(undefined, async (session, server) => {
      const folder = mkdtempSync(join(tmpdir(), 'tqmail-qmtp-'));
      try {
        writeFileSync(join(folder, 'body'), text);
        const report = await session.deliver(delivery({ form }), { path: join(folder, 'body') });
        assert.equal(statuses(report), 'K');
        assert.equal(server.messages[0]?.body, `\nSubject: s\n\n${'.dotted line\n'.repeat(60_000)}`);
        assert.equal(report.closed, false);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));
}

test('nobody listens', async () => {
  const session = remoteSession({ kind: 'qmtp', host: '127.0.0.1', port: 1 });
  const { outcomes } = await session.deliver(delivery(), hello);
  assert.deepEqual(outcomes, [{ status: 'Z', text: "Sorry, I wasn't able to establish a QMTP connection. (#4.4.1)\n" }]);
});
