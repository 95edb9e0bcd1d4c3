/** Maildir to mbox: nothing is lost by trouble on the way, octets of names and long messages pass. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { scanMaildir, sweepMaildir } from '../../src/store/maildir-scan.js';
import { MergeFailed, mergeIntoMbox } from '../../src/store/mbox-merge.js';
import { NotReplaced } from '../../src/store/replaced-file.js';

function maildir(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-merge-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['tmp', 'new', 'cur']) mkdirSync(join(folder, name));
  return folder;
}

function message(folder: string, name: string, text: string, mtime: number): void {
  const path = Buffer.from(`${folder}/${name}`, 'latin1');
  writeFileSync(path, text, 'latin1');
  utimesSync(path, mtime, mtime);
}

test('names of any octets and messages longer than a piece', async (t) => {
  const folder = maildir(t);
  const long = `Return-Path: <a@b.c>\n\n${'x'.repeat(65_530)}\nFrom me\n`;
  message(folder, 'new/\xff\xfe', long, 1_600_000_000);
  writeFileSync(join(folder, 'box'), 'before\n\n', { mode: 0o640 });
  const merge = { maildir: folder, mbox: `${folder}/box`, temporary: `${folder}/box.tmp` };
  assert.deepEqual(await mergeIntoMbox({ ...merge, messages: await scanMaildir(folder, ['new', 'cur']) }), []);
  const text = readFileSync(join(folder, 'box'), 'latin1');
  assert.equal(text, `before\n\nFrom a@b.c Sun Sep 13 12:26:40 2020\n${long.replace('\nFrom', '\n>From')}\n`);
  assert.equal(statSync(join(folder, 'box')).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(join(folder, 'new')), []);
  assert.ok(!existsSync(join(folder, 'box.tmp')));
});

test('a message that cannot be read leaves mailbox and messages as they were', async (t) => {
  const folder = maildir(t);
  message(folder, 'new/1', 'one\n', 1);
  writeFileSync(join(folder, 'box'), 'before\n\n');
  const messages = [...(await scanMaildir(folder, ['new'])), { name: 'new/gone', mtime: 2, size: 0 }];
  const merge = { maildir: folder, mbox: `${folder}/box`, temporary: `${folder}/box.tmp`, messages };
  await assert.rejects(mergeIntoMbox(merge), (error: unknown) => error instanceof MergeFailed && error.code === 'ENOENT');
  assert.equal(readFileSync(join(folder, 'box'), 'latin1'), 'before\n\n');
  assert.deepEqual(readdirSync(join(folder, 'new')), ['1']);
});

test('a temporary file that cannot be made leaves everything', async (t) => {
  const folder = maildir(t);
  message(folder, 'new/1', 'one\n', 1);
  const merge = { maildir: folder, mbox: `${folder}/box`, temporary: `${folder}/none/box.tmp` };
  const messages = await scanMaildir(folder, ['new']);
  await assert.rejects(
    mergeIntoMbox({ ...merge, messages }),
    (error: unknown) => error instanceof NotReplaced && error.step === 'open',
  );
  assert.deepEqual(readdirSync(join(folder, 'new')), ['1']);
});

test('what deliveries left in tmp/ goes after 36 hours', async (t) => {
  const folder = maildir(t);
  const now = 1_700_000_000;
  message(folder, 'tmp/old', 'x', now - 129_601);
  message(folder, 'tmp/young', 'x', now - 129_000);
  await sweepMaildir(folder, now);
  assert.deepEqual(readdirSync(join(folder, 'tmp')), ['young']);
});
