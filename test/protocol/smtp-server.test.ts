/** The SMTP server session: cuts, limits, status codes, ends of sessions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SmtpServerOptions } from '../../src/protocol/smtp/session.js';
import { SmtpPeer } from './smtp-peer.js';

const begin = 'MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n';
const accepted = '250 ok\r\n250 ok\r\n354 go ahead\r\n';

/** What a session comes to, apart from the sizes of body pieces. */
function outcome(input: string, changes: Partial<SmtpServerOptions>, sizes?: readonly number[]): unknown {
  const peer = new SmtpPeer(changes);
  peer.feed(input, sizes);
  return { replies: peer.replies, kept: peer.kept, tags: peer.tags };
}

const fragment = fc.constantFrom(
  begin,
  'EHLO me\r\n',
  'MAIL FROM:<x@y> SIZE=9\r\n',
  'RCPT TO:<c@d>\r\n',
  'DATA\r\n',
  'RSET\r\n',
  'NOOP\n',
  `NOOP ${'x'.repeat(60)}\r\n`,
  'FOO\r\n',
  '\r\n',
  '.\r\n',
  '..\r\n',
  '.x\r\n',
  '\r\n.\r\n',
  'Received: x\r\n',
  'dElIvErEd-To: x\r\n',
  'Receive',
  'text',
  ' \t\0',
);
const rare = fc.constantFrom('\r', '\n', '.', 'QUIT\r\n', '.\r', 'Delivere\r\n');
const transcript = fc
  .array(fc.oneof({ weight: 12, arbitrary: fragment }, { weight: 1, arbitrary: rare }), { maxLength: 30 })
  .map((parts) => parts.join(''));
const limits: Partial<SmtpServerOptions> = {
  maxCommandLine: 50,
  maxErrors: 5,
  maxHops: 3,
  databytes: 40,
  maxRecipients: 2,
  maxHeader: 60,
};

test('wherever a transcript is cut, the session comes to the same', () => {
  for (const barecr of ['reject', 'space'] as const) {
    for (const changes of [{ barecr }, { ...limits, barecr, enhanced: 'ehlo' as const }]) {
      fc.assert(
        fc.property(transcript, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 }), (input, sizes) => {
          assert.deepEqual(outcome(input, changes, sizes), outcome(input, changes));
        }),
        { numRuns: 2500 },
      );
    }
  }
});

test('every single cut of one full session', () => {
  const body = 'Received: a\r\nSubject: b\r\n\r\n..dot\r\n.\tx\r\n\r\nlast\r\n.\r\n';
  const input = `EHLO me\r\n${begin}${body}NOOP\r\n${begin}.\r\nQUIT\r\n`;
  const whole = outcome(input, {});
  for (let at = 1; at < input.length; at++) assert.deepEqual(outcome(input, {}, [at, input.length]), whole, `cut at ${at}`);
});

test('a pipelined group is answered in one output', () => {
  const peer = new SmtpPeer();
  peer.session.receive(Buffer.from(`EHLO x\r\n${begin}hi\r\n.\r\n${begin}`));
  peer.drain();
  assert.match(
    peer.replies,
    /250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n$/,
  );
});

test('nothing is read ahead of an open decision', () => {
  const peer = new SmtpPeer();
  peer.session.receive(Buffer.from(begin));
  assert.equal(peer.session.next()?.tag, 'mail');
  assert.equal(peer.session.next(), undefined);
  assert.equal(peer.session.busy, true);
  assert.equal(peer.session.output(), '');
});

test('size limits: declared after EHLO, and counted in unix octets', () => {
  const declared = new SmtpPeer({ databytes: 10 });
  assert.match(declared.feed('EHLO x\r\n'), /250 SIZE 10\r\n/);
  assert.match(declared.feed('MAIL FROM:<a@b> BODY=8BITMIME SIZE=11\r\n'), /^552 sorry, that message size/);
  assert.equal(declared.feed('RCPT TO:<c@d>\r\n'), '503 MAIL first (#5.5.1)\r\n');
  assert.equal(declared.feed('MAIL FROM:<a@b> size=10\r\n'), '250 ok\r\n');
  for (const [body, reply] of [
    ['..45678\r\n90\r\n', 250],
    ['..45678\r\n901\r\n', 552],
  ] as const) {
    const peer = new SmtpPeer({ databytes: 10 });
    assert.equal(peer.feed(begin), accepted);
    assert.ok(peer.feed(`${body}.\r\n`).startsWith(String(reply)), body);
    assert.equal(peer.kept.length, reply === 250 ? 1 : 0);
    assert.equal(peer.feed('NOOP\r\n'), '250 ok\r\n');
  }
});

test('an oversized message is drained without giving out its pieces', () => {
  const peer = new SmtpPeer({ databytes: 1000 });
  let given = 0;
  peer.decide = (event) => {
    if (event.tag === 'body') given += event.bytes.length;
    return undefined;
  };
  peer.feed(`${begin}${`${'x'.repeat(98)}\r\n`.repeat(1000)}.\r\n`, [500]);
  assert.match(peer.replies, /552 sorry, that message size exceeds my databytes limit \(#5\.3\.4\)\r\n$/);
  assert.ok(given <= 2000, `${given} octets given out`);
});

test('an overlong command line is refused once and forgotten', () => {
  const peer = new SmtpPeer({ maxCommandLine: 512 });
  assert.equal(peer.feed(`NOOP ${'x'.repeat(505)}\r\n`), '250 ok\r\n');
  assert.equal(peer.feed(`NOOP ${'x'.repeat(506)}\r\n`), '500 command line too long (#5.5.2)\r\n');
  assert.equal(peer.feed(`${'y'.repeat(300000)}\r\nNOOP\r\n`, [7000]), '500 command line too long (#5.5.2)\r\n250 ok\r\n');
});

test('too many recipients get 452, too many errors 421 and the end; an accepted message clears the count', () => {
  const many = new SmtpPeer({ maxRecipients: 2 });
  many.feed('MAIL FROM:<>\r\n');
  assert.equal(many.feed('RCPT TO:<a@b>\r\n'.repeat(3)), '250 ok\r\n250 ok\r\n452 too many recipients (#4.5.3)\r\n');
  const wrong = new SmtpPeer({ maxErrors: 3 });
  wrong.feed(`FOO\r\nFOO\r\n${begin}x\r\n.\r\nFOO\r\nFOO\r\n`);
  assert.deepEqual(wrong.tags, ['mail', 'rcpt', 'data', 'end']);
  assert.match(wrong.feed('FOO\r\nNOOP\r\n'), /^502 [^\n]*\n421 too many errors[^\n]*\n$/);
  assert.equal(wrong.tags.at(-1), 'broken');
  assert.equal(wrong.feed('NOOP\r\n'), '');
});

test('status codes in front of the text only after EHLO and only when asked for', () => {
  const peer = new SmtpPeer({ enhanced: 'ehlo' });
  peer.decide = (event) =>
    event.tag === 'rcpt' && event.recipient === 'no@d' ? { accept: false, code: 553, text: 'sorry (#5.7.1)' } : undefined;
  assert.equal(peer.feed('MAIL FROM:<a@b>\r\n'), '250 ok\r\n');
  assert.match(peer.feed('EHLO x\r\n'), /250 ENHANCEDSTATUSCODES\r\n$/);
  assert.equal(
    peer.feed('MAIL FROM:<a@b>\r\nRCPT TO:<no@d>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nDATA\r\nQUIT\r\n'),
    '250 2.1.0 ok\r\n553 5.7.1 sorry (#5.7.1)\r\n250 2.1.5 ok\r\n354 go ahead\r\n250 2.0.0 ok\r\n503 5.5.1 MAIL first (#5.5.1)\r\n221 2.0.0 mx.example\r\n',
  );
  assert.doesNotMatch(new SmtpPeer().feed('EHLO x\r\n'), /ENHANCED/);
});

test('a decision may change the address, add text of several lines, or close', () => {
  const peer = new SmtpPeer();
  peer.decide = (event) => {
    if (event.tag === 'mail') return { accept: true, address: 'other@b' };
    if (event.tag === 'rcpt') return { accept: true, address: `${event.recipient}.relay`, text: 'fine' };
    return event.tag === 'end' ? { accept: false, code: 451, text: 'one\ntwo\r\nthree\n', close: true } : undefined;
  };
  assert.match(peer.feed(`${begin}x\r\n.\r\nNOOP\r\n`), /fine\r\n354 go ahead\r\n451-one\r\n451-two\r\n451 three\r\n$/);
  assert.deepEqual(peer.kept[0]?.recipients, ['c@d.relay']);
  assert.equal(peer.kept[0]?.sender, 'other@b');
  assert.equal(peer.tags.at(-1), 'broken');
});

test('end() says one line and the session is over', () => {
  const peer = new SmtpPeer();
  peer.feed(begin);
  peer.session.end(421, 'timeout (#4.4.2)');
  peer.session.end(421, 'again');
  assert.equal(peer.session.output(), '421 timeout (#4.4.2)\r\n');
  assert.equal(peer.feed('x\r\n.\r\n'), '');
});

test('a bare CR becomes a space where that is allowed', () => {
  const peer = new SmtpPeer({ barecr: 'space' });
  peer.feed(`${begin}a\rb\r\n\r\r\n.\rx\r\n.\r\r\n.\r\n`);
  assert.equal(peer.kept[0]?.wire, 'a b\r\n \r\n. x\r\n. \r\n');
});
