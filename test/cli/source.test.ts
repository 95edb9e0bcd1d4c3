/**
 * `tqmail source` as a command: what is wrong with its words is said, an interrupted run prints its figures,
 * real messages go out once each.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSink } from '../../src/actors/sink/sink.js';
import { progressWords, sourceOptions } from '../../src/cli/source.js';
import { root } from '../runner/tree.js';

const command = join(root, 'bin', 'tqmail');
const to = ['--to', '127.0.0.1:2525'];

test('a rate may have a fraction; an address with a line end is refused', () => {
  assert.equal(sourceOptions([...to, '--rate', '0.25']).rate, 0.25);
  assert.equal(sourceOptions(['--to', '[fe80::1%eth0.7]:25']).target.address, 'fe80::1%eth0.7');
  const counted = (...args: string[]): number => sourceOptions([...to, ...args]).messages;
  assert.deepEqual([counted(), counted('--duration', '1.5'), counted('--duration', '2', '--messages', '7')], [1_000, 0, 7]);
  const wrong = [
    ['--rate', '1000000.5'],
    ['--rate', '.5'],
    ['--from', 'a\r\nRCPT TO:<b@c>'],
    ['--rcpt', 'a\0@b'],
    ['--helo', 'x'.repeat(901)],
    ['--from', '\u0416@x'],
    // What the mark cannot carry, or addresses that would all be one.
    ['--rcpt', 'two words@x'],
    ['--rcpt', ''],
    ['--rcpt', `${'x'.repeat(300)}@x`],
    ['--rcpt', 'someone', '--domains', 'a.test'],
    ['--rcpt', 'r@d#.test', '--domains', 'a.test', '--rcpts', '2'],
    ['--replay', 'mbox', '--size', '4k'],
  ];
  for (const args of wrong) assert.throws(() => sourceOptions([...to, ...args]), { name: 'ToolUsage' }, args.join(' '));
});

test('the line of progress has the rate of this moment', () => {
  const words = progressWords();
  const now = { accepted: 100, refused: 0, messages: 900, connections: 3, seconds: 1 };
  assert.equal(progressWords()({ ...now, messages: 0 }), '100 accepted, 100/s now, 100/s in all, 3 connections, 1 s');
  assert.equal(words(now), '100 of 900 accepted, 100/s now, 100/s in all, 3 connections, 1 s');
  const later = { ...now, accepted: 700, refused: 2, seconds: 3 };
  assert.equal(words(later), '700 of 900 accepted, 2 refused, 300/s now, 233/s in all, 3 connections, 3 s');
});

test('INT ends a run, which prints its figures and exits 130', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-source-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const sink = await startSink({ keep: 0 });
  t.after(() => sink.close());
  const ledger = join(dir, 'sent');
  writeFileSync(ledger, '');
  const words = ['source', '--to', `127.0.0.1:${sink.port()}`, '--messages', '90000000', '--ledger', ledger];
  const written = new Promise<void>((resolve) => {
    const watcher = watch(ledger, () => {
      if (sink.report().messages === 0) return;
      watcher.close();
      resolve();
    });
  });
  const source = spawn(command, words);
  t.after(() => source.kill('SIGKILL'));
  let printed = '';
  source.stdout.setEncoding('utf8').on('data', (piece: string) => {
    printed += piece;
  });
  const ended = once(source, 'close');
  await written;
  // A wrapping program passes the signal on: it comes twice.
  source.kill('SIGINT');
  source.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  const report = JSON.parse(printed);
  assert.deepEqual([report.ended, report.refused, report.accepted], ['interrupted', 0, sink.report().messages]);
});

test('real messages go out once each unless it is said how many; what is no Maildir is named', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-source-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const sink = await startSink({ keep: 0 });
  t.after(() => sink.close());
  const mbox = join(dir, 'mbox');
  writeFileSync(
    mbox,
    'From a\nSubject: 1\n\nx\n\nFrom e\n\nFrom b\nSubject: 2\n\n\xe9..\r\n.\r\nz\n\nFrom n\n\na\0b\n\nFrom c\n\n.',
    'latin1',
  );
  const run = async (...args: string[]): Promise<[number, string, string]> => {
    const source = spawn(command, ['source', '--to', `127.0.0.1:${sink.port()}`, '--replay', ...args]);
    source.stdin.end(args[0] === '-' ? readFileSync(mbox) : '');
    const output = ['', ''];
    source.stdout.on('data', (piece: Buffer) => (output[0] += piece.toString('latin1')));
    source.stderr.on('data', (piece: Buffer) => (output[1] += piece.toString('latin1')));
    const [code] = (await once(source, 'close')) as [number];
    return [code, output[0] ?? '', output[1] ?? ''];
  };
  const [code, json, said] = await run(mbox);
  assert.deepEqual([code, JSON.parse(json).accepted], [0, 3]);
  assert.match(said, /mbox: 1 with NUL octets are left out, SMTP does not carry them/);
  assert.match(said, /mbox: 1 without a line are left out/);
  assert.equal(JSON.parse((await run('-', '--messages', '4', '--threads', '2'))[1]).accepted, 4);
  assert.deepEqual(sink.report().verdict, { lost: 0, duplicate: 0, altered: 0, late: 0, unchecked: 0 });
  mkdirSync(join(dir, 'folder'));
  const [wrong, nothing, words] = await run(join(dir, 'folder'));
  assert.deepEqual([wrong, nothing], [111, '']);
  assert.match(words, /folder: it has no cur, so it is no Maildir/);
  assert.equal(spawnSync(command, ['source', ...to, '--replay', join(dir, 'none')]).status, 111);
});
