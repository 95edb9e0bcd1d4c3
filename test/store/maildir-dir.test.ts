/** Maildir delivery: durable steps leave nothing in tmp, repeats find their earlier self, trouble has its words. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deliverToMaildir, type MaildirJob } from '../../src/store/maildir-dir.js';
import { unixMessage } from '../../src/store/unix-message.js';
import { until } from '../support/server-home.js';

function maildir(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-maildir-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['tmp', 'new', 'cur']) mkdirSync(join(folder, part));
  return folder;
}

let count = 0;
function job(folder: string, text: string, overrides: Partial<MaildirJob> = {}): MaildirJob {
  const message = unixMessage({ form: 'unix', bytes: Buffer.from(text) });
  return {
    folder,
    name: 'name',
    temporary: `t${count++}`,
    prefix: Buffer.from('P: p\n'),
    message,
    repeated: false,
    ...overrides,
  };
}

const text = 'S: s\n\nbody\n';

test('a message stands complete in new, nothing in tmp', async (t) => {
  const folder = maildir(t);
  assert.equal(await deliverToMaildir(job(folder, text)), 'done');
  assert.equal(readFileSync(join(folder, 'new/name'), 'utf8'), `P: p\n${text}`);
  assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test('a repeated delivery is one message; other content under the name defers', async (t) => {
  const folder = maildir(t);
  for (const repeated of [false, false, true]) assert.equal(await deliverToMaildir(job(folder, text, { repeated })), 'done');
  assert.deepEqual(readdirSync(join(folder, 'new')), ['name']);
  for (const other of ['S: s\n\nBODY\n', 'longer than that, by far\n'])
    assert.equal(await deliverToMaildir(job(folder, other)), 'different');
  assert.equal(readFileSync(join(folder, 'new/name'), 'utf8'), `P: p\n${text}`);
  assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test('a repeated delivery finds what was read already', async (t) => {
  for (const moved of ['name:2,S', 'name']) {
    const folder = maildir(t);
    assert.equal(await deliverToMaildir(job(folder, text)), 'done');
    renameSync(join(folder, 'new/name'), join(folder, 'cur', moved));
    assert.equal(await deliverToMaildir(job(folder, text, { repeated: true })), 'done');
    assert.deepEqual(readdirSync(join(folder, 'new')), []);
    assert.equal(await deliverToMaildir(job(folder, 'other\n', { repeated: true })), 'different');
  }
});

/** Runs `moves` once, after the next folder that is read has been read to its end. */
function afterNextRead(t: TestContext, moves: () => void): void {
  const { opendir } = fsPromises;
  let done = false;
  const watched = async (...args: Parameters<typeof opendir>): Promise<unknown> => {
    const folder = await opendir(...args);
    return (async function* () {
      yield* folder;
      if (!done) moves();
      done = true;
    })();
  };
  Object.assign(fsPromises, { opendir: watched });
  syncBuiltinESMExports();
  t.after(() => {
    Object.assign(fsPromises, { opendir });
    syncBuiltinESMExports();
  });
}

test('a message that a reader takes to cur/ while its delivery is repeated stays one message', async (t) => {
  const folder = maildir(t);
  assert.equal(await deliverToMaildir(job(folder, text)), 'done');
  let moved = false;
  afterNextRead(t, () => {
    renameSync(join(folder, 'new/name'), join(folder, 'cur/name:2,'));
    moved = true;
  });
  assert.equal(await deliverToMaildir(job(folder, text, { repeated: true })), 'done');
  assert.ok(moved);
  assert.deepEqual([readdirSync(join(folder, 'new')), readdirSync(join(folder, 'cur'))], [[], ['name:2,']]);
});

test('the new message itself may be taken to cur/ at once', async (t) => {
  const folder = maildir(t);
  // Nothing was delivered before; the reader is quick, and the first folder that is read is cur/.
  const outcome = deliverToMaildir(job(folder, text, { repeated: true }));
  await until(
    'it is in new/',
    10_000,
    () => readdirSync(join(folder, 'new')).length > 0 || readdirSync(join(folder, 'cur')).length > 0,
  );
  if (readdirSync(join(folder, 'new')).length > 0) renameSync(join(folder, 'new/name'), join(folder, 'cur/name:2,'));
  assert.equal(await outcome, 'done');
  assert.equal(readdirSync(join(folder, 'new')).length + readdirSync(join(folder, 'cur')).length, 1);
});

test('fifty deliveries at once are fifty messages', async (t) => {
  const folder = maildir(t);
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, (_, i) => deliverToMaildir(job(folder, `${i}\n`, { name: `n${i}` }))),
  );
  assert.ok(outcomes.every((outcome) => outcome === 'done'));
  for (let i = 0; i < 50; i++) assert.equal(readFileSync(join(folder, `new/n${i}`), 'utf8'), `P: p\n${i}\n`);
});

test('what is no Maildir, and what is a broken one', async (t) => {
  const folder = maildir(t);
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'bare'));
  assert.equal(await deliverToMaildir(job(join(folder, 'missing'), text)), 'noFolder');
  assert.equal(await deliverToMaildir(job(join(folder, 'file'), text)), 'noFolder');
  assert.equal(await deliverToMaildir(job(join(folder, 'bare'), text)), 'trouble');
  rmSync(join(folder, 'new'), { recursive: true });
  assert.equal(await deliverToMaildir(job(folder, text)), 'trouble');
  assert.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test('a message file goes through in both forms; a missing one is not the fault of the mailbox', async (t) => {
  const folder = maildir(t);
  const line = 'x'.repeat(70);
  const file = join(folder, 'body');
  for (const form of ['unix', 'wire'] as const) {
    const end = form === 'wire' ? '\r\n' : '\n';
    writeFileSync(file, `${form === 'wire' ? '.' : ''}.${line}${end}`.repeat(4000));
    const message = unixMessage({ form, file, size: 0 });
    assert.equal(await deliverToMaildir(job(folder, '', { name: form, message })), 'done');
    assert.equal(readFileSync(join(folder, 'new', form), 'utf8'), `P: p\n${`.${line}\n`.repeat(4000)}`);
  }
  const message = unixMessage({ form: 'unix', file: join(folder, 'gone'), size: 0 });
  assert.equal(await deliverToMaildir(job(folder, '', { message })), 'unreadable');
});
