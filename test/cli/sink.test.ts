/**
 * `tqmail sink` as a command: its words, its ready file, what it prints at the end, its exit codes.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import type { SinkReport } from '../../src/actors/sink/sink.js';
import { sinkOptions } from '../../src/cli/sink.js';
import { exitCodeOf } from '../../src/cli/sink-end.js';
import { submit } from '../actors/sink/submit.js';
import { root } from '../runner/tree.js';

const command = join(root, 'bin', 'tqmail');

test('words become options; what is kept depends on whether somebody can look', () => {
  assert.deepEqual(sinkOptions([]).smtp, { address: '127.0.0.1', port: 2526 });
  assert.equal(sinkOptions([]).keep, 0);
  const http = sinkOptions(['--http', '[::1]:0']);
  assert.deepEqual([http.smtp, http.http, http.keep], [undefined, { address: '::1', port: 0 }, 32]);
  const { threads, rules, magic, resume, lateMs } = sinkOptions(
    '--threads 3 --rules flaky --no-magic --ledger f --resume --late 5'.split(' '),
  );
  assert.deepEqual([threads, rules, magic, resume, lateMs], [3, 'flaky', false, true, 5]);
  for (const wrong of [
    ['--keep', '-1'],
    ['--resume'],
    ['--smtp', 'nowhere'],
    ['--rules', '/does/not/exist'],
    ['--threads', '0'],
    ['--until', '0'],
    ['--deadline', '1m'],
    ['--out', ''],
    ['--out', 'x', '--keep', '0'],
    ['--print', '--keep', '0'],
    ['x'],
  ]) {
    assert.throws(() => sinkOptions(wrong), { name: 'ToolUsage' }, wrong.join(' '));
  }
});

test('a mistake in the rules names file, line and reason; nothing is started', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-sink-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const rules = join(dir, 'rules');
  writeFileSync(rules, 'rcpt * 450 no\nrcpt * 250 yes\n');
  const ready = join(dir, 'ready');
  const ran = spawnSync(command, ['sink', '--smtp', '127.0.0.1:0', '--rules', rules, '--ready-file', ready], {
    encoding: 'utf8',
  });
  assert.equal(ran.status, 64);
  assert.equal(ran.stderr, `tqmail sink: ${rules} line 2: "250" is no reply code from 400 to 599\n`);
  assert.equal(existsSync(ready), false);
});

test('started by hand it says where it listens', async (t) => {
  const sink = spawn(command, ['sink', '--smtp', '127.0.0.1:0', '--http', '127.0.0.1:0', '--http-name', 'sink.test']);
  t.after(() => sink.kill('SIGKILL'));
  const [line] = (await once(sink.stderr, 'data')) as [Buffer];
  assert.match(`${line}`, /^tqmail sink: smtp 127\.0\.0\.1:\d+, page http:\/\/127\.0\.0\.1:\d+\/; Ctrl-C ends it\n$/);
});

test('it says where it listens, and at the end what came', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-sink-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const ready = join(dir, 'ready');
  const sink = spawn(command, ['sink', '--smtp', '127.0.0.1:0', '--http', '127.0.0.1:0', '--ready-file', ready]);
  t.after(() => sink.kill('SIGKILL'));
  let printed = '';
  sink.stdout.setEncoding('utf8').on('data', (piece: string) => {
    printed += piece;
  });
  while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 20));
  const { pid, listeners } = JSON.parse(readFileSync(ready, 'utf8')) as {
    pid: number;
    listeners: { protocol: string; port: number }[];
  };
  assert.equal(pid, sink.pid);
  const port = (protocol: string): number => listeners.find((listener) => listener.protocol === protocol)?.port ?? 0;
  const source = spawnSync(command, ['source', '--to', `127.0.0.1:${port('smtp')}`, '--messages', '20', '--sessions', '2'], {
    encoding: 'utf8',
  });
  assert.equal(source.status, 0, source.stderr);
  const closed = once(sink, 'close');
  sink.kill('SIGTERM');
  assert.equal((await closed)[0], 0);
  const report = JSON.parse(printed) as Record<string, unknown>;
  const { messages, recipients, lost, duplicate, altered, late, latencyMs, kept } = report;
  assert.deepEqual(
    { messages, recipients, lost, duplicate, altered, late, kept },
    { messages: 20, recipients: 20, lost: 0, duplicate: 0, altered: 0, late: 0, kept: 20 },
  );
  assert.equal((latencyMs as { count: number }).count, 20);
});

async function ended(args: string, recipients: readonly string[]): Promise<{ code: number | null; lines: string[] }> {
  const sink = spawn(command, ['sink', '--smtp', '127.0.0.1:0', ...args.split(' ')]);
  const over = once(sink, 'close');
  let said = '';
  sink.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [line] = (await once(sink.stderr, 'data')) as [Buffer];
  const port = Number(/:(\d+)/.exec(`${line}`)?.[1]);
  for (const recipient of recipients) await submit(port, { recipients: [recipient], body: 'Subject: x\r\n\r\n' });
  const [code] = (await over) as [number | null];
  return { code, lines: said.trim().split('\n') };
}

test('it ends by itself: when so many messages came, or when its time is over; the exit code says whether all is well', async () => {
  const [full, late, cut] = await Promise.all([
    ended('--until 2 --deadline 60 --print', ['a@x', 'b@x']),
    ended('--until 2 --deadline 0.2', []),
    ended('--until 1 --deadline 60 --out /dev/full', ['a@x']),
  ]);
  const [first, second, last] = full.lines.map((line) => JSON.parse(line));
  assert.deepEqual([first.recipients, second.id, second.subject], [['a@x'], 2, 'x']);
  assert.deepEqual([full.code, full.lines.length, last.messages, last.ended], [0, 3, 2, 'count']);
  assert.deepEqual([late.code, JSON.parse(late.lines[0] ?? '').ended], [1, 'deadline']);
  assert.deepEqual([cut.code, JSON.parse(cut.lines[0] ?? '').messages], [1, 1], 'its messages could not be written');
});

test('what the exit code counts as wrong', () => {
  const clean = { messages: 3, verdict: undefined, ledgerTrouble: undefined };
  const verdict = { lost: 0, duplicate: 0, altered: 0, late: 0, unchecked: 0 };
  const code = (report: object, until?: number): number =>
    exitCodeOf({ ...clean, ...report } as SinkReport, { until, deadlineMs: until === undefined ? 0 : 1 }, 0);
  assert.deepEqual([code({}, 3), code({}, 4), code({ verdict }, 3)], [0, 1, 0]);
  for (const name of Object.keys(verdict)) assert.equal(code({ verdict: { ...verdict, [name]: 1 } }, 3), 1, name);
  assert.equal(code({ ledgerTrouble: 'full' }, 3), 1);
  assert.equal(code({ verdict: { ...verdict, lost: 1 } }), 0, 'nobody asked');
});

test('it ends when nobody reads what it prints', async () => {
  const sink = spawn(command, ['sink', '--smtp', '127.0.0.1:0', '--print']);
  const over = once(sink, 'exit');
  const [line] = (await once(sink.stderr, 'data')) as [Buffer];
  sink.stdout.destroy();
  await submit(Number(/:(\d+)/.exec(`${line}`)?.[1]), { recipients: ['a@x'], body: 'Subject: x\r\n\r\n' });
  assert.deepEqual(await over, [0, null]);
});

test('it says so when it cannot print', async () => {
  const full = openSync('/dev/full', 'w');
  const sink = spawn(command, ['sink', '--smtp', '127.0.0.1:0', '--print'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  const over = once(sink, 'close');
  let said = '';
  sink.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!said.includes('\n')) await once(sink.stderr as Readable, 'data');
  await submit(Number(/:(\d+)/.exec(said)?.[1]), { recipients: ['a@x'], body: 'Subject: x\r\n\r\n' });
  assert.deepEqual(await over, [111, null]);
  assert.match(said, /\ntqmail sink: cannot print messages: .*no space left/);
});
