/** The beginning of a body for a bounce that is cut: out of memory and out of a file, in both forms. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { beginningOf } from '../../src/protocol/bounce/beginning.js';
import { wireToUnix } from '../../src/protocol/smtp/data.js';
import { firstOctets } from '../../src/store/copy-behind.js';

const said = '\n--- End of message stripped.\n';
const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');

test('firstOctets: no more than asked for, of a file as of memory; nothing of a file that is gone', async (t) => {
  const queue = mkdtempSync(join(tmpdir(), 'tqmail-first-'));
  t.after(() => rmSync(queue, { recursive: true }));
  mkdirSync(join(queue, 'body'));
  const text = 'Subject: x\r\n\r\n..dots\r\nend\r\n';
  writeFileSync(join(queue, 'body/one'), text);
  for (const many of [1, 12, text.length, text.length + 9]) {
    const wanted = text.slice(0, many);
    for (const body of [
      { form: 'wire', bytes: octets(text) },
      { form: 'wire', file: 'one', size: text.length },
    ] as const)
      assert.equal(Buffer.from(await firstOctets(body, many, queue)).toString('latin1'), wanted);
  }
  assert.equal((await firstOctets({ form: 'wire', file: 'none', size: 5 }, 5, queue)).length, 0);
});

test('beginningOf: whole lines and the line that says so, in the form of the body, with its size', () => {
  const wire = beginningOf(octets('a\r\n..b\r\nhalf'), 'wire');
  assert.equal(Buffer.from(wire.bytes).toString('latin1'), `a\r\n..b\r\n${said.replaceAll('\n', '\r\n')}`);
  assert.equal(Buffer.from(wireToUnix(wire.bytes)).toString('latin1'), `a\n.b\n${said}`);
  assert.equal(wire.unixSize, `a\n.b\n${said}`.length);
  const unix = beginningOf(octets('a\n.b\nhalf'), 'unix');
  assert.equal(Buffer.from(unix.bytes).toString('latin1'), `a\n.b\n${said}`);
  assert.equal(unix.unixSize, unix.bytes.length);
  assert.equal(Buffer.from(beginningOf(octets('no line end'), 'unix').bytes).toString('latin1'), said);
});
