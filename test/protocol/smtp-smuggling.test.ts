/**
 * SMTP smuggling: no sequence but CR LF . CR LF may end a message, and nothing after a false end is obeyed. The forged
 * message must never be kept; a legal one must pass unchanged.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmtpPeer } from './smtp-peer.js';

const begin = 'EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n';
const forged = 'MAIL FROM:<forged@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nforged\r\n.\r\n';
const ends = [
  '\n',
  '\r',
  '\r\n',
  '\r\r\n',
  '\n\r',
  '\r\0\n',
  '\0\r\n',
  '\0\n',
  '\x85',
  '\v',
  '\f',
  '\n\n',
  '\r\r',
  ' \r\n',
  '\t\n',
  '\r \n',
];

/** Every false end of data made of two line ends, the right one left out. */
const marks = ends.flatMap((before) => ends.map((after) => `${before}.${after}`)).filter((mark) => mark !== '\r\n.\r\n');

for (const barecr of ['reject', 'space'] as const) {
  for (const cut of [undefined, 1, 2, 3]) {
    test(`false ends of data, bare CR ${barecr}, pieces of ${cut ?? 'all'}`, () => {
      for (const mark of marks) {
        // A mark that ends in CR LF . CR LF taken together with the text around it would be a true end.
        const text = `text${mark}`;
        if (text.includes('\r\n.\r\n')) continue;
        const peer = new SmtpPeer({ barecr });
        peer.feed(`${begin}${text}${forged}QUIT\r\n`, cut === undefined ? undefined : [cut]);
        assert.ok(peer.kept.length <= 1, JSON.stringify(mark));
        for (const { sender } of peer.kept) assert.equal(sender, 'a@b', JSON.stringify(mark));
        assert.doesNotMatch(peer.kept[0]?.wire ?? '', /(^|[^\r])\n|\r(?!\n)/, JSON.stringify(mark));
      }
    });
  }
}

test('a bare LF gets the recorded 451, a bare CR 550, and both end the session', () => {
  for (const [text, reply] of [
    ['a\n.\r\n', '451 See https://cr.yp.to/docs/smtplf.html.\r\n'],
    ['a\r\n.\n', '451 See https://cr.yp.to/docs/smtplf.html.\r\n'],
    ['a\r.\r\n', '550 '],
    ['a\r\n.\r.\r\n', '550 '],
  ] as const) {
    const peer = new SmtpPeer();
    peer.feed(begin);
    assert.ok(peer.feed(text + forged).startsWith(reply), JSON.stringify(text));
    assert.equal(peer.tags.at(-1), 'broken');
    assert.deepEqual(peer.kept, []);
  }
});

test('after a message a command line must end in CR LF', () => {
  const peer = new SmtpPeer();
  peer.feed('NOOP\n');
  const replies = peer.feed(`${begin}x\r\n.\r\nMAIL FROM:<forged@b>\nRCPT TO:<c@d>\nDATA\r\nforged\r\n.\r\n`);
  assert.match(replies, /250 ok\r\n451 See https:\/\/cr\.yp\.to\/docs\/smtplf\.html\.\r\n$/);
  assert.equal(peer.kept.length, 1);
});

test('a client whose DATA ends with a bare LF may go on so, as with qmail', () => {
  const peer = new SmtpPeer();
  const lf = begin.replaceAll('\r\n', '\n');
  assert.match(peer.feed(`${lf}x\r\n.\r\nNOOP\n${begin}y\r\n.\r\n`), /250 ok\r\n250 ok\r\n/);
  assert.match(peer.feed('NOOP\n'), /^451 See/);
  assert.equal(peer.kept.length, 2);
});

test('legal texts pass unchanged', () => {
  for (const wire of [
    '..\r\n',
    '...\r\n',
    '.x\r\n',
    'a.\r\nb\r\n',
    '\r\n\r\n',
    '..\r\n..\r\n',
    'x\r\n..\r\nMAIL FROM:<x@y>\r\n',
    '',
  ]) {
    const peer = new SmtpPeer();
    peer.feed(`${begin}${wire}.\r\nQUIT\r\n`, [1]);
    assert.equal(peer.kept[0]?.wire, wire);
    assert.equal(peer.tags.at(-1), 'quit');
  }
});
