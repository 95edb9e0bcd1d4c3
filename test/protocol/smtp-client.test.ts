/** The SMTP client session against the server session and against scripted replies, in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromByteString, toByteString } from '../../src/protocol/bytes.js';
import { SmtpClientSession } from '../../src/protocol/smtp/client.js';
import { unixToWire, wireToUnix } from '../../src/protocol/smtp/data.js';
import type { SmtpClientEvent, Transaction } from '../../src/protocol/smtp/session.js';
import { SmtpPeer } from './smtp-peer.js';

const peer = '192.0.2.1';
const message: Transaction = { sender: 'a@b', recipients: ['c@d'], body: [fromByteString('hi\r\n')], size: 4 };

class Client {
  readonly session: SmtpClientSession;
  readonly events: SmtpClientEvent[] = [];
  constructor(greet: 'ehlo' | 'helo' = 'ehlo', more: { login?: string; starttls?: boolean } = {}) {
    this.session = new SmtpClientSession({ helohost: 'me', peer, greet, ...more });
  }
  /** Hands replies over, collects events, answers what the client sends. */
  feed(replies: string, size = replies.length): string {
    const bytes = fromByteString(replies);
    for (let at = 0; at < bytes.length; at += Math.max(1, size)) {
      this.session.receive(bytes.slice(at, at + Math.max(1, size)));
      this.collect();
    }
    return this.sent();
  }
  collect(): void {
    for (let event = this.session.next(); event !== undefined; event = this.session.next()) this.events.push(event);
  }
  sent(): string {
    this.collect();
    return this.session
      .output()
      .map((piece) => (typeof piece === 'string' ? piece : toByteString(piece)))
      .join('');
  }
  begin(transaction: Transaction = message): string {
    this.session.begin(transaction);
    return this.sent();
  }
  /** The last report: `usable`, `stale` and the letters of its outcomes. */
  report(): string {
    const report = this.events.findLast((event) => event.tag === 'report');
    assert.ok(report, 'no report');
    const { usable, stale, outcomes } = report;
    return `${outcomes.map(({ status }) => status).join('')}${usable ? ' usable' : ''}${stale ? ' stale' : ''}`;
  }
  reports(): number {
    return this.events.filter((event) => event.tag === 'report').length;
  }
}

function greeted(keywords = ['PIPELINING', 'SIZE 0', '8BITMIME']): Client {
  const client = new Client();
  assert.equal(client.feed('220 hi\r\n'), 'EHLO me\r\n');
  const lines = ['mx', ...keywords];
  client.feed(lines.map((line, index) => `250${index + 1 === lines.length ? ' ' : '-'}${line}\r\n`).join(''));
  return client;
}

test('client and server agree about any message, in any pieces', () => {
  const octets = fc.string({ unit: fc.constantFrom('\n', '\n.', '.', 'a', ' ', '\xff', 'MAIL FROM:<x@y>\n'), maxLength: 30 });
  const local = fc.string({ unit: fc.constantFrom('a', '.', ' ', '"', '\\', '@', '>', '<', '\xe9'), minLength: 1, maxLength: 8 });
  const mail = fc.record({ text: octets, sender: local, recipients: fc.array(local, { minLength: 1, maxLength: 4 }) });
  fc.assert(
    fc.property(fc.array(mail, { maxLength: 4 }), fc.integer({ min: 1, max: 40 }), fc.boolean(), (drawn, size, enhanced) => {
      // After EHLO an address beyond ASCII takes an extension that our server does not offer.
      const plain = (local: string): string => (enhanced ? local.replaceAll('\xe9', 'e') : local);
      const mails = drawn.map(({ text, sender, recipients }) => ({
        text,
        sender: plain(sender),
        recipients: recipients.map(plain),
      }));
      const client = new Client(enhanced ? 'ehlo' : 'helo');
      const server = new SmtpPeer(enhanced ? { enhanced: 'ehlo' } : {});
      const bad = (address: string) => address.startsWith('.');
      server.decide = (event) =>
        event.tag === 'rcpt' && bad(event.recipient) ? { accept: false, code: 550, text: 'no' } : undefined;
      let toServer = client.feed(server.replies, size);
      const exchange = () => {
        for (let turn = 0; turn < 20 && toServer !== ''; turn++) toServer = client.feed(server.feed(toServer, [size]), size);
      };
      exchange();
      for (const { text, sender, recipients } of mails) {
        const body = unixToWire(fromByteString(text)) as Uint8Array;
        const addresses = recipients.map((one) => `${one}@d`);
        toServer = client.begin({ sender: `${sender}@b`, recipients: addresses, body: [body], size: body.length });
        exchange();
        assert.equal(client.report(), `${addresses.map((one) => (bad(one) ? 'D' : 'K')).join('')} usable`);
      }
      const wanted = mails.filter(({ recipients }) => !recipients.every(bad));
      assert.equal(client.reports(), mails.length);
      assert.equal(server.kept.length, wanted.length);
      wanted.forEach(({ text, sender, recipients }, index) => {
        const kept = server.kept[index];
        assert.equal(kept?.sender, `${sender}@b`);
        assert.deepEqual(
          kept?.recipients,
          recipients.filter((one) => !bad(one)).map((one) => `${one}@d`),
        );
        const unix = toByteString(wireToUnix(fromByteString(kept?.wire ?? '')));
        assert.equal(unix, text === '' || text.endsWith('\n') ? text : `${text}\n`);
        assert.equal(unix.length, kept?.unixSize);
      });
    }),
    { numRuns: 1500 },
  );
});

test('with PIPELINING the whole group goes out at once, without it line by line', () => {
  assert.equal(
    greeted().begin({ ...message, recipients: ['c@d', 'e@f'], eightBit: true }),
    'MAIL FROM:<a@b> SIZE=4 BODY=8BITMIME\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n',
  );
  const plain = greeted([]);
  assert.equal(plain.begin({ ...message, eightBit: true }), 'MAIL FROM:<a@b>\r\n');
  assert.equal(plain.feed('250 ok\r\n'), 'RCPT TO:<c@d>\r\n');
  assert.equal(plain.feed('250 ok\r\n'), 'DATA\r\n');
  assert.equal(plain.feed('354 go\r\n'), 'hi\r\n.\r\n');
  assert.equal(plain.feed('250-one\r\n250 two\r\n'), '');
  assert.equal(plain.session.rawReport(), `r\0K${peer} accepted message.\nRemote host said: 250-one\n250 two\n\0`);
});

test('EHLO refused: HELO, and no extensions', () => {
  for (const refusal of ['500 what\r\n', '502 no\r\n', '451 no\r\n']) {
    const client = new Client();
    client.feed('220 hi\r\n');
    assert.equal(client.feed(refusal), 'HELO me\r\n');
    client.feed('250 ok\r\n');
    assert.equal(client.begin(), 'MAIL FROM:<a@b>\r\n');
  }
});

test('all recipients refused while DATA is taken: an empty message, and never a delivery', () => {
  const client = greeted();
  client.begin({ ...message, recipients: ['c@d', 'e@f'] });
  assert.equal(client.feed('250 ok\r\n550 no\r\n451 later\r\n354 go\r\n'), '.\r\n');
  assert.equal(client.reports(), 0);
  client.feed('250 ok queued\r\n');
  assert.equal(client.report(), 'DZ usable');
  assert.match(client.begin(), /^MAIL/);
});

test('all recipients refused and DATA too: the next transaction begins with RSET', () => {
  const client = greeted();
  client.begin();
  client.feed('250 ok\r\n550 no\r\n554 no valid recipients\r\n');
  assert.equal(client.report(), 'D usable');
  assert.match(client.begin(), /^RSET\r\nMAIL/);
  client.feed('250 flushed\r\n250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n');
  assert.equal(client.report(), 'K usable');
});

test('sender refused in a group: every recipient gets that, the replies stay in step', () => {
  const client = greeted();
  client.begin({ ...message, recipients: ['c@d', 'e@f'] });
  client.feed('553 bad sender\r\n503 MAIL first\r\n503 MAIL first\r\n503 MAIL first\r\n');
  assert.equal(client.report(), 'DD usable');
  assert.match(client.begin(), /^MAIL/);
});

test('a sender refused, yet a recipient and DATA taken: no dot may follow', () => {
  const client = greeted();
  client.begin();
  assert.equal(client.feed('553 bad sender\r\n250 ok\r\n354 go\r\n'), '');
  assert.equal(client.report(), 'D');
  client.session.quit();
  assert.equal(client.sent(), '');
});

test('replies out of step are never taken for an acceptance', () => {
  for (const replies of [
    '250 stray\r\n250 mail\r\n250 rcpt\r\n354 go\r\n250 ok\r\n',
    '250 ok\r\n250 ok\r\n354 go\r\n354 go\r\n',
    '250 ok\r\n250 ok\r\n250 go\r\n250 ok\r\n',
    '250 ok\r\n250 ok\r\n354 go\r\n25\r\n',
    '250 ok\r\n250 ok\r\n354 go\r\n\r\n',
  ]) {
    const client = greeted();
    client.begin();
    client.feed(replies);
    assert.equal(client.report(), 'Z', JSON.stringify(replies));
  }
  const idle = greeted();
  idle.feed('250 stray\r\n');
  assert.equal(idle.events.at(-1)?.tag, 'closed');
});

test('421 and lost connections at every stage defer, and say when a duplicate is possible', () => {
  const steps = ['250 ok\r\n', '250 ok\r\n', '354 go\r\n'];
  for (let stage = 0; stage <= 3; stage++) {
    const before = steps.slice(0, stage).join('');
    const closing = greeted();
    closing.begin();
    closing.feed(`${before}421 closing\r\n`);
    closing.session.lost();
    closing.collect();
    assert.equal(closing.report(), 'Z', `421 at stage ${stage}`);
    const lost = greeted();
    lost.begin();
    lost.feed(before);
    lost.session.lost();
    lost.collect();
    assert.equal(lost.report(), 'Z', `lost at stage ${stage}`);
    const duplicate = stage === 3 ? ' Possible duplicate!' : '';
    assert.match(
      lost.session.rawReport(),
      new RegExp(`Connected to ${peer} but connection died\\.${duplicate} \\(#4\\.4\\.2\\)`),
    );
    assert.equal(lost.events.at(-1)?.tag, 'closed');
  }
});

test('a kept connection that the server closed meanwhile is stale, a fresh one is not', () => {
  for (const end of ['421 idle too long\r\n', '']) {
    const client = greeted();
    client.begin();
    client.feed('250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n');
    client.begin();
    client.feed(end);
    client.session.lost();
    client.collect();
    assert.equal(client.report(), 'Z stale');
  }
});

test('the first replies wait unread until the transaction begins, as qmail does without PIPELINING', () => {
  const client = new Client('helo');
  client.feed('220 a\r\n250 b\r\n250 c\r\n250 d\r\n354 e\r\n250 f\r\n');
  assert.equal(client.begin(), 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhi\r\n.\r\n');
  assert.equal(client.report(), 'K usable');
});

test('a streamed body: go, pieces, dot; an early refusal; a body that breaks off', () => {
  const streamed = { ...message, streamed: true };
  const open = () => {
    const client = greeted();
    client.begin(streamed);
    assert.equal(client.feed('250 ok\r\n250 ok\r\n354 go\r\n'), 'hi\r\n');
    assert.equal(client.events.at(-1)?.tag, 'go');
    client.session.piece(fromByteString('more'), false);
    return client;
  };
  const whole = open();
  whole.session.piece(fromByteString(' text\r\n'), true);
  assert.equal(whole.sent(), 'more text\r\n.\r\n');
  whole.feed('250 ok\r\n');
  assert.equal(whole.report(), 'K usable');
  const early = open();
  early.feed('552 too big\r\n');
  assert.equal(early.report(), 'D');
  const broken = open();
  broken.session.cancel({ status: 'Z', text: 'Unable to read message. (#4.3.0)\n' });
  broken.collect();
  assert.equal(broken.report(), 'Z');
  broken.session.quit();
  assert.equal(broken.sent(), 'more');
});

test('what SMTP cannot carry is refused before anything is sent', () => {
  const client = greeted();
  assert.equal(client.begin({ ...message, body: [fromByteString('a\0b\r\n')] }), '');
  assert.equal(client.report(), 'D usable');
  assert.equal(client.begin({ ...message, sender: 'a\r\nRCPT TO:<x@y>' }), '');
  assert.equal(client.report(), 'D usable');
  assert.equal(client.begin({ ...message, recipients: ['x\n@y', 'c@d'] }), 'MAIL FROM:<a@b> SIZE=4\r\nRCPT TO:<c@d>\r\nDATA\r\n');
  client.feed('250 ok\r\n250 ok\r\n354 go\r\n250 ok\r\n');
  assert.equal(client.report(), 'DK usable');
});

test('replies are bounded', () => {
  const client = greeted();
  client.begin();
  for (let i = 0; i < 40; i++) client.feed(`250-${'x'.repeat(9996)}`);
  assert.equal(client.report(), 'Z');
  const many = greeted();
  many.begin();
  many.feed(`550-${'y'.repeat(4000)}\r\n`.repeat(3));
  many.feed('550 end\r\n250 ok\r\n503 no\r\n');
  assert.ok(many.session.rawReport().length < 5100);
});

test('a login comes after EHLO, under TLS where that is used, and nothing is sent without it', () => {
  const login = 'AG1lAHB3';
  const taken = new Client('ehlo', { login });
  assert.equal(taken.feed('220 x\r\n250-x\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n'), `EHLO me\r\nAUTH PLAIN ${login}\r\n`);
  assert.deepEqual(taken.events, []);
  taken.feed('235 welcome\r\n');
  assert.deepEqual(
    taken.events.map(({ tag }) => tag),
    ['ready'],
  );

  const under = new Client('ehlo', { login, starttls: true });
  assert.equal(under.feed('220 x\r\n250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n220 go\r\n'), 'EHLO me\r\nSTARTTLS\r\n');
  under.session.secured();
  assert.equal(under.feed('250-x\r\n250 AUTH PLAIN\r\n235 ok\r\n'), `EHLO me\r\nAUTH PLAIN ${login}\r\n`);

  const refusals: readonly (readonly [string, RegExp])[] = [
    ['220 x\r\n250-x\r\n250 AUTH PLAIN\r\n535 wrong\r\n', /but my login was rejected\.\nRemote host said: 535 wrong/],
    ['220 x\r\n250-x\r\n250 AUTH PLAIN\r\n334 \r\n', /but my login was rejected/],
    ['220 x\r\n250-x\r\n250 PIPELINING\r\n', /but it offers no AUTH/],
    ['220 x\r\n500 what\r\n250 x\r\n', /but it offers no AUTH/],
  ];
  for (const [replies, words] of refusals) {
    const refused = new Client('ehlo', { login });
    assert.match(refused.feed(replies), /QUIT\r\n$/);
    const [last] = refused.events;
    assert.ok(last?.tag === 'closed' && last.outcome?.status === 'Z');
    assert.match(last.outcome.text, words);
  }
});
