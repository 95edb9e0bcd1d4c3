/** A Maildir as a reader sees it: order, changes at the end alone, files that go away, a large one in bounded time. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MaildirMailbox, messagePiece } from '../../src/store/maildir-mailbox.js';

const now = 1_700_000_000;

function makeMaildir(t: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-maildir-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['new', 'cur', 'tmp']) mkdirSync(join(folder, name));
  let time = now - 1_000;
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, 'latin1');
    time += 1;
    utimesSync(join(folder, name), time, time);
  }
  return folder;
}

async function opened(folder: string): Promise<MaildirMailbox> {
  const mailbox = await MaildirMailbox.open(folder, now);
  assert.ok(mailbox !== 'absent');
  return mailbox;
}

async function contentOf(mailbox: MaildirMailbox, index: number): Promise<string | undefined> {
  const pieces = await mailbox.pieces(index);
  if (pieces === undefined) return undefined;
  let content = '';
  for await (const piece of pieces) content += piece;
  return content;
}

const all = (folder: string): string[] =>
  ['new', 'cur'].flatMap((name) => readdirSync(join(folder, name)).map((file) => `${name}/${file}`)).sort();

test('messages by age, with sizes and unique names; deletions and moves at the end alone', async (t) => {
  const folder = makeMaildir(t, { 'cur/b:2,S': 'two\n', 'new/a': 'one\r\n\n', 'new/c': 'three', 'new/.x': 'no', 'tmp/t': 'no' });
  const mailbox = await opened(folder);
  const rows = Array.from({ length: mailbox.count }, (_, index) => [mailbox.uniqueName(index), mailbox.size(index)]);
  assert.deepEqual(rows, [
    ['b', 4],
    ['a', 6],
    ['c', 5],
  ]);
  assert.equal(await contentOf(mailbox, 1), 'one\r\n\n');
  assert.deepEqual(all(folder), ['cur/b:2,S', 'new/.x', 'new/a', 'new/c']);
  assert.equal(await mailbox.finish(new Set([1])), 0);
  assert.deepEqual(all(folder), ['cur/b:2,S', 'cur/c:2,', 'new/.x']);
});

test('mail of this second, or of the future, waits for the next session', async (t) => {
  const folder = makeMaildir(t, { 'new/old': 'x' });
  writeFileSync(join(folder, 'new/fresh'), 'y');
  utimesSync(join(folder, 'new/fresh'), now, now);
  assert.equal((await opened(folder)).count, 1);
});

test('files that another reader moved or removed are told as such and stop nothing', async (t) => {
  const folder = makeMaildir(t, { 'new/a': 'A', 'new/b': 'B', 'new/c': 'C' });
  const mailbox = await opened(folder);
  unlinkSync(join(folder, 'new/a'));
  renameSync(join(folder, 'new/b'), join(folder, 'cur/b:2,S'));
  assert.equal(await contentOf(mailbox, 0), undefined);
  assert.equal(await contentOf(mailbox, 1), undefined);
  assert.equal(await contentOf(mailbox, 2), 'C');
  assert.equal(await mailbox.finish(new Set([0, 2])), 1);
  assert.deepEqual(all(folder), ['cur/b:2,S']);
});

test('no folder, or no new/, is told', async (t) => {
  const folder = makeMaildir(t);
  assert.equal(await MaildirMailbox.open(`${folder}/none`, now), 'absent');
  writeFileSync(`${folder}/file`, '');
  assert.equal(await MaildirMailbox.open(`${folder}/file`, now), 'absent');
  rmSync(`${folder}/new`, { recursive: true });
  await assert.rejects(MaildirMailbox.open(folder, now));
});

test('a large message comes in pieces that one buffer holds', async (t) => {
  const content = 'x'.repeat(5 * messagePiece + 17);
  const mailbox = await opened(makeMaildir(t, { 'cur/big:2,': content }));
  assert.equal(await contentOf(mailbox, 0), content);
});

test('50,000 messages are listed in about a second', async (t) => {
  const folder = makeMaildir(t);
  for (let n = 0; n < 50_000; n++) {
    const path = join(folder, 'cur', `${now - n}.M${n}P1.host,S=1:2,S`);
    writeFileSync(path, 'x');
    utimesSync(path, now - 100_000 + n, now - 100_000 + n);
  }
  let longest = 0;
  let before = performance.now();
  // The thread's other work must get its turn in between.
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 1);
  const began = performance.now();
  const mailbox = await opened(folder);
  const took = performance.now() - began;
  clearInterval(watch);
  assert.equal(mailbox.count, 50_000);
  assert.equal(mailbox.uniqueName(0), `${now}.M0P1.host,S=1`);
  t.diagnostic(`50,000 messages listed in ${Math.round(took)} ms; the longest turn took ${Math.round(longest)} ms`);
  assert.ok(took < 5_000, `${took} ms`);
  assert.ok(existsSync(folder));
});
