/** qbiff: its text cannot steer a terminal; whose logins a utmp file names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { biffText, logins } from '../../src/protocol/biff.js';

const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });

test('names both sides, then subject and body in one line', () => {
  const head = 'From: a@b.c\nSubject: lunch\n\nat noon?\nBob\n';
  assert.equal(biffText('joe', 'a@b.c', head), '\r\n\x07*** TO <joe> FROM <a@b.c>\r\n    lunch/at noon?/Bob/\r\n');
});

test('two lines of bounded length, of printable characters alone', () => {
  fc.assert(
    fc.property(octets, octets, octets, (local, sender, head) => {
      const text = biffText(local, sender, head);
      assert.match(text, /^\r\n\x07[\x20-\x7e]*\r\n {4}[\x20-\x7e]{0,78}\r\n$/);
    }),
  );
});

/** One record of utmp(5). */
function utmpRecord(type: number, line: string, user: string): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(type, 0);
  record.write(line, 8, 'latin1');
  record.write(user, 44, 'latin1');
  return record;
}

test('logins are user processes with a line below /dev', () => {
  const file = Buffer.concat([
    utmpRecord(2, '~', 'reboot'),
    utmpRecord(7, 'pts/0', 'joe'),
    utmpRecord(8, 'pts/1', 'joe'),
    utmpRecord(7, '../etc/passwd', 'joe'),
    utmpRecord(7, 'tty1', 'amy'),
    utmpRecord(7, 'pts/9', 'cut off').subarray(0, 100),
  ]);
  assert.deepEqual(logins(file.toString('latin1')), [
    { user: 'joe', line: 'pts/0' },
    { user: 'amy', line: 'tty1' },
  ]);
});
