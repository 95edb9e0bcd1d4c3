/**
 * What the sink makes of marked messages that servers between have changed: header lines above, folded marks, long headers,
 * bodies that are not the same any more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { MessageMeter } from '../../../src/actors/sink/meter.js';
import { formatLedgerMark } from '../../../src/protocol/ledger.js';

const body = 'a caf\xe9 \r\n..dot\r\n';
const plan = { run: '00c0ffee', sequence: 7, messages: 9, recipients: 1, pattern: 'r#@x', sentUs: 12_345 };
const checksum = crc32(Buffer.from(body, 'latin1'));
const mark = formatLedgerMark({ ...plan, checksum });

/** In pieces of so many octets. */
function judged(text: string, size: number): boolean | undefined {
  const meter = new MessageMeter();
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) meter.take(bytes.subarray(at, at + size));
  const found = meter.finish();
  if (found !== undefined) assert.deepEqual(found.mark, { ...plan, checksum });
  return found?.intact;
}

const received = 'Received: by a with SMTP\r\n\tfor <r0@x>; today\r\n';
const older = formatLedgerMark({ ...plan, run: 'deadbeef', sequence: 1, checksum: 5 });
const long = `X-Long: ${'y'.repeat(90_000)}\r\n`;
const cases: readonly (readonly [name: string, text: string, intact: boolean | undefined])[] = [
  ['as sent', `${mark}\r\nSubject: x\r\n\r\n${body}`, true],
  ['header lines above and below', `${received}${mark}\r\nX-Spam: no\r\n\r\n${body}`, true],
  ['a mark of an earlier run below', `${received}${mark}\r\n${older}\r\n\r\n${body}`, true],
  ['a folded mark', `${mark.replace(' r#@x ', '\r\n\tr#@x ')}\r\nSubject: x\r\n\r\n${body}`, true],
  [
    'a mark folded everywhere, the last of the header',
    `${mark.replaceAll(' ', '\r\n ').replace(':\r\n', ':')}\r\n\r\n${body}`,
    true,
  ],
  ['a header of 90,000 octets below', `${mark}\r\n${long}Subject: x\r\n\r\n${body}`, true],
  ['the same and a changed body', `${mark}\r\n${long}Subject: x\r\n\r\n${body.replace('a', 'b')}`, false],
  ['one octet', `${mark}\r\n\r\n${body.replace('dot', 'dOt')}`, false],
  ['a space at the end of a line gone', `${mark}\r\n\r\n${body.replace(' \r\n', '\r\n')}`, false],
  ['quoted-printable', `${mark}\r\n\r\n${body.replace('\xe9', '=E9')}`, false],
  ['a line more', `${mark}\r\n\r\n${body}-- \r\n`, false],
  ['a line less', `${mark}\r\n\r\n${body.slice(0, -7)}`, false],
  ['no mark', `Subject: x\r\n\r\n${mark}\r\n`, undefined],
  ['a damaged mark', `${mark.replace('00c0ffee', '00C0FFEE')}\r\n\r\n${body}`, undefined],
  ['no mark in the first 65,536 octets', `${long}${mark}\r\n\r\n${body}`, undefined],
];

for (const [name, text, intact] of cases) {
  test(`${name}: ${intact === undefined ? 'not judged' : intact ? 'intact' : 'altered'}, whatever the pieces`, () => {
    for (const size of [text.length, 1_000, 65_537, ...(text.length < 1_000 ? [1, 2, 3, 7] : [])]) {
      if (size === text.length && intact === undefined && name.startsWith('no mark in')) continue;
      assert.equal(judged(text, size), intact, `pieces of ${size}`);
    }
  });
}
