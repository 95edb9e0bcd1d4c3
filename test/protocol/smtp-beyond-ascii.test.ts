/** Octets beyond ASCII, in addresses and in bodies, before servers that offer SMTPUTF8 and 8BITMIME and before others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromByteString, toByteString } from '../../src/protocol/bytes.js';
import { SmtpClientSession } from '../../src/protocol/smtp/client.js';
import { SmtpServerSession } from '../../src/protocol/smtp/server.js';
import type { Transaction } from '../../src/protocol/smtp/session.js';

const umlaut = 'j\xc3\xbcrgen@d';
/** As it stands in a command: qmail quotes such a local part. */
const quoted = '"j\xc3\xbcrgen"@d';
const body = 'Subject: \xc3\xa4\r\n\r\n\xff\xe4\r\n';
const message: Transaction = {
  sender: 'a@b',
  recipients: ['c@d'],
  body: [fromByteString(body)],
  size: body.length,
  eightBit: true,
};

interface Played {
  readonly sent: string;
  readonly outcomes: readonly string[];
}

/** One transaction with a server that takes everything and offers `keywords`; HELO when there are none. */
function play(transaction: Transaction, keywords: readonly string[], greet: 'ehlo' | 'helo' = 'ehlo'): Played {
  const session = new SmtpClientSession({ helohost: 'me', peer: '192.0.2.1', greet });
  const outcomes: string[] = [];
  let sent = '';
  const step = (reply = ''): string => {
    session.receive(fromByteString(reply));
    for (let event = session.next(); event !== undefined; event = session.next()) {
      if (event.tag === 'report') outcomes.push(...event.outcomes.map(({ status, text }) => `${status}${text}`));
    }
    const out = session.output().map((piece) => (typeof piece === 'string' ? piece : toByteString(piece)));
    sent += out.join('');
    return out.join('');
  };
  step('220 hi\r\n');
  step(['mx', ...keywords].map((line, at) => `250${at === keywords.length ? ' ' : '-'}${line}\r\n`).join(''));
  session.begin(transaction);
  for (let out = step(); out !== ''; ) out = step(out === 'DATA\r\n' ? '354 go\r\n' : '250 ok\r\n');
  return { sent, outcomes };
}

test('SMTPUTF8: an address beyond ASCII is announced where the server offers that', () => {
  const { sent, outcomes } = play({ ...message, recipients: [umlaut] }, ['8BITMIME', 'SMTPUTF8']);
  assert.match(sent, /MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8\r\n/);
  assert.ok(sent.includes(`RCPT TO:<${quoted}>\r\n`));
  assert.match(outcomes.join(), /^K/);
  assert.doesNotMatch(play(message, ['SMTPUTF8']).sent, / SMTPUTF8/, 'not for a message that does not need it');
});

test('SMTPUTF8: without it the recipient fails for good, and the others get the message', () => {
  const { sent, outcomes } = play({ ...message, recipients: ['c@d', umlaut, 'e@d'] }, ['8BITMIME']);
  assert.ok(!sent.includes('j\xc3'));
  assert.equal(outcomes.map(([status]) => status).join(''), 'KDK');
  assert.match(outcomes[1] ?? '', /SMTPUTF8\. \(#5\.6\.7\)/);
  assert.deepEqual(
    play({ ...message, recipients: [umlaut] }, []).outcomes.map(([status]) => status),
    ['D'],
  );
});

test('SMTPUTF8: without it a sender beyond ASCII cannot be named: all recipients fail', () => {
  const { sent, outcomes } = play({ ...message, sender: umlaut, recipients: ['c@d', 'e@d'] }, ['PIPELINING']);
  assert.doesNotMatch(sent, /MAIL/);
  assert.equal(outcomes.length, 2);
  for (const outcome of outcomes) assert.match(outcome, /^D.*\(#5\.6\.7\)/);
});

test('SMTPUTF8: with HELO, as qmail-remote speaks, addresses go as they are', () => {
  const { sent, outcomes } = play({ ...message, sender: umlaut, recipients: [umlaut] }, [], 'helo');
  assert.ok(sent.includes(`MAIL FROM:<${quoted}>\r\nRCPT TO:<${quoted}>\r\n`));
  assert.match(outcomes.join(), /^K/);
});

test('8BITMIME: a body beyond ASCII goes unchanged, whether the server offers it or not', () => {
  for (const keywords of [[], ['8BITMIME']]) {
    const { sent, outcomes } = play(message, keywords);
    assert.ok(sent.includes(body));
    assert.equal(sent.includes('BODY=8BITMIME'), keywords.length > 0);
    assert.match(outcomes.join(), /^K/);
  }
});

test('our own server offers 8BITMIME and not SMTPUTF8', () => {
  const session = new SmtpServerSession({
    greeting: 'mx.test',
    databytes: 0,
    maxRecipients: 10,
    maxCommandLine: 4_096,
    maxErrors: 10,
    maxHops: 100,
    barecr: 'reject',
    maxHeader: 0,
  });
  session.receive(fromByteString('EHLO me\r\n'));
  session.next();
  const said = session.output();
  assert.match(said, /8BITMIME/);
  assert.doesNotMatch(said, /UTF8/);
});

test('octets that are no UTF-8 go as they are', () => {
  const { sent, outcomes } = play({ ...message, recipients: ['gr\xfc\xdfe@d'] }, ['8BITMIME']);
  assert.ok(sent.includes('gr\xfc\xdfe'));
  assert.match(outcomes.join(), /^K/);
});
