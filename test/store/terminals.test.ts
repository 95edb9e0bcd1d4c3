/** Which terminals of a user get a text: those that are the user's and may be written to. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeToTerminals } from '../../src/store/terminals.js';

const uid = process.getuid?.() ?? 0;

function login(line: string, user: string): Buffer {
  const record = Buffer.alloc(384);
  record.writeInt16LE(7, 0);
  record.write(line, 8, 'latin1');
  record.write(user, 44, 'latin1');
  return record;
}

test('only terminals of the user with the mark of biff y are written to, each once', async (t) => {
  const devices = mkdtempSync(join(tmpdir(), 'tqmail-terminals-'));
  t.after(() => rmSync(devices, { recursive: true, force: true }));
  for (const [name, mode] of [
    ['tty1', 0o700],
    ['tty2', 0o600],
    ['tty3', 0o700],
  ] as const) {
    writeFileSync(join(devices, name), '');
    chmodSync(join(devices, name), mode);
  }
  const utmp = join(devices, 'utmp');
  const entries = [login('tty1', 'joe'), login('tty1', 'joe'), login('tty2', 'joe'), login('tty3', 'amy'), login('gone', 'joe')];
  writeFileSync(utmp, Buffer.concat(entries));
  await writeToTerminals('joe', uid, 'mail!', { utmp, devices });
  const texts = ['tty1', 'tty2', 'tty3'].map((name) => readFileSync(join(devices, name), 'latin1'));
  assert.deepEqual(texts, ['mail!', '', '']);
  await writeToTerminals('amy', uid + 1, 'mail!', { utmp, devices });
  assert.equal(readFileSync(join(devices, 'tty3'), 'latin1'), '');
  await writeToTerminals('joe', uid, 'mail!', { utmp: join(devices, 'none'), devices });
});
