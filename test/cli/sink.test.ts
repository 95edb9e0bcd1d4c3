/**
 * `tqmail sink` as a command: its words, its ready file, what it prints at the end, its exit codes.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sinkOptions } from '../../src/cli/sink.js';
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
