/** The QMTP client session in memory: what becomes of a transaction that the connection or its owner cuts off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromByteString } from '../../src/protocol/bytes.js';
import { netstring } from '../../src/protocol/netstring.js';
import { QmtpClientSession } from '../../src/protocol/qmtp-client.js';
import type { Transaction } from '../../src/protocol/smtp/session.js';

const message: Transaction = { sender: 'a@b', recipients: ['c@d', 'e@f'], body: [fromByteString('hi\r\n')], size: 4 };
const died = 'Connected to 192.0.2.1 but connection died. ';

function begun(transaction = message): QmtpClientSession {
  const session = new QmtpClientSession('192.0.2.1');
  assert.equal(session.next()?.tag, 'ready');
  session.begin(transaction);
  return session;
}

/** Tag and outcomes of all events that wait. */
function told(session: QmtpClientSession): string[] {
  const all: string[] = [];
  for (let event = session.next(); event !== undefined; event = session.next()) {
    all.push(event.tag);
    if (event.tag === 'report') all.push(...event.outcomes.map(({ status, text }) => status + text.split('\n')[0]));
  }
  return all;
}

test('quit between messages ends the connection; amid one it defers those without an answer', () => {
  const idle = new QmtpClientSession('192.0.2.1');
  idle.quit();
  idle.quit();
  assert.deepEqual(told(idle), ['ready', 'closed']);

  const session = begun();
  session.receive(fromByteString(netstring('Kok')));
  assert.deepEqual(told(session), []);
  session.quit();
  assert.deepEqual(told(session), ['report', 'K192.0.2.1 accepted message.', `Z${died}Possible duplicate! (#4.4.2)`, 'closed']);
});

test('a connection that is lost before the envelope cannot have made a duplicate', () => {
  const session = begun({ ...message, body: [], unixSize: 3, streamed: true });
  assert.deepEqual(told(session), ['go']);
  session.lost();
  assert.deepEqual(told(session), ['report', `Z${died}(#4.4.2)`, `Z${died}(#4.4.2)`, 'closed']);
  session.begin(message);
  assert.deepEqual(told(session), ['report', `Z${died}(#4.4.2)`, `Z${died}(#4.4.2)`]);
});

test('a message that is not as long as was announced is not sent to its end', () => {
  const session = begun({ ...message, body: [], unixSize: 9, streamed: true });
  session.piece(fromByteString('hi\r\n'), true);
  assert.deepEqual(told(session), ['go', 'report', ...Array(2).fill('ZUnable to read message. (#4.3.0)'), 'closed']);
  assert.equal(session.output().length, 2, 'the beginning, the piece, and no envelope');
});

test('answers that are none end the connection; so does one that nobody asked for', () => {
  for (const answer of ['x', '1:Kx', '0:,', '3:Aok,', '1234567:', '100001:K']) {
    const session = begun();
    session.receive(fromByteString(answer));
    assert.deepEqual(told(session).slice(-1), ['closed'], answer);
  }
  const idle = new QmtpClientSession('192.0.2.1');
  idle.receive(fromByteString(netstring('Kok')));
  assert.deepEqual(told(idle), ['ready', 'closed']);
});
