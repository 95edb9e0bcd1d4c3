/**
 * Messages taken apart for looking at them: parts, encodings, words in header fields; nothing makes it throw.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeWords } from '../../src/protocol/message/encoded-words.js';
import { parseMime } from '../../src/protocol/message/mime.js';
import { base64Octets, quotedOctets } from '../../src/protocol/message/transfer-encoding.js';

const nested = [
  'Subject: folded',
  ' line',
  'Content-Type: multipart/mixed; boundary="a b"',
  '',
  'preamble',
  '--a b',
  'Content-Type: multipart/alternative; boundary=inner',
  '',
  '--inner',
  'content-type: Text/Plain; charset="ISO-8859-1"',
  'content-transfer-encoding: Quoted-Printable',
  '',
  'caf=E9 =',
  'one line  ',
  '--inner',
  'Content-Type: text/html',
  '',
  '<p>x</p>',
  '--inner--',
  '--a b',
  'Content-Type: application/pdf; name=x.pdf',
  'Content-Transfer-Encoding: base64',
  '',
  'AAEC',
  'Aw==',
  '--a b--',
  'epilogue',
].join('\r\n');

test('nested parts in order, decoded', () => {
  const part = parseMime(nested);
  assert.equal(part.fields[0]?.value, 'folded line');
  assert.deepEqual(
    part.leaves().map(({ type, charset, fileName }) => [type, charset, fileName]),
    [
      ['text/plain', 'iso-8859-1', undefined],
      ['text/html', '', undefined],
      ['application/pdf', '', 'x.pdf'],
    ],
  );
  assert.deepEqual(
    part.leaves().map((leaf) => leaf.content()),
    ['caf\xe9 one line', '<p>x</p>', '\0\x01\x02\x03'],
  );
});

test('a file name in pieces (RFC 2231), and the name by which HTML speaks of a part', () => {
  const named = (disposition: string): string | undefined =>
    parseMime(`Content-Disposition: attachment${disposition}\r\n\r\nx`).fileName;
  assert.equal(named(';\r\n filename*0*=utf-8\'\'a%20%C3%A9;\r\n filename*1="b c";\r\n filename*2*=%2Epdf'), 'a \xc3\xa9b c.pdf');
  assert.equal(named("; filename*=utf-8''x%41"), 'xA');
  assert.equal(named('; filename*0="a"; filename*2="c"'), 'a');
  assert.equal(named(''), '');
  assert.equal(parseMime('Content-ID: <logo@x>\r\n\r\n').contentId, 'logo@x');
});

test('what is no MIME is one text', () => {
  for (const [message, body] of [
    ['a: b\n\nc\n', 'c\n'],
    ['\r\nonly a body', 'only a body'],
    ['a: b', ''],
    ['', ''],
  ] as const) {
    const [leaf] = parseMime(message).leaves();
    assert.deepEqual([leaf?.type, leaf?.content()], ['text/plain', body]);
  }
});

test('words of RFC 2047: the space between two of them goes, other text stays', () => {
  const decode = (octets: string, charset: string): string => `${charset && `${charset}:`}${octets}`;
  assert.equal(decodeWords('a =?utf-8?q?b=5Fc_d?= e', decode), 'a utf-8:b_c d e');
  assert.equal(decodeWords('=?X?b?YWI=?= =?X?B?Y2Q=?=', decode), 'x:abx:cd');
  assert.equal(decodeWords('=?broken?q?', decode), '=?broken?q?');
});

test('base64 and quoted-printable are undone exactly', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const text = Buffer.from(octets).toString('latin1');
      const wrapped = Buffer.from(octets)
        .toString('base64')
        .replace(/(.{76})/g, '$1\r\n');
      assert.equal(base64Octets(wrapped), text);
      const quoted = [...text].map((octet) => `=${octet.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`).join('');
      assert.equal(quotedOctets(quoted.replace(/(.{75})/g, '$1').replace(/(=..=..)/g, '$1=\r\n')), text);
    }),
  );
});

test('a long run of blanks takes no longer than other text', () => {
  const { user } = process.cpuUsage();
  assert.equal(quotedOctets(`${' '.repeat(400_000)}x \t`), `${' '.repeat(400_000)}x`);
  assert.ok(process.cpuUsage().user - user < 5_000_000, 'processor time');
});

test('no message makes it throw, and depth is bounded', () => {
  const piece = fc.constantFrom(
    '--b',
    '--b--',
    '\r\n',
    '\n\n',
    'Content-Type: multipart/x; boundary=b\r\n',
    'Content-Transfer-Encoding: base64\n',
    'x',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 6 }))), (pieces) => {
      for (const leaf of parseMime(pieces.join('')).leaves()) leaf.content();
    }),
  );
  let deep = 'text';
  for (let i = 0; i < 50; i++) deep = `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n${deep}\n--b${i}--\n`;
  assert.equal(parseMime(deep).leaves().length, 1);
});
