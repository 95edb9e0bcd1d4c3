/**
 * The command lines of the bench and of its load tools: defaults, bounds, and exit 64 for what is wrong.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { chooseCandidates } from '../../bench/candidates.js';
import { parseBenchOptions, UsageError } from '../../bench/options.js';
import { inProject } from '../../bench/root.js';
import { sinkOptions } from '../../src/cli/sink.js';
import { sourceOptions } from '../../src/cli/source.js';
import { ToolUsage } from '../../src/cli/tool-arguments.js';

test('both forms of an option, and defaults by scenario', () => {
  const options = parseBenchOptions([
    'fanout',
    '--n',
    '7',
    '--group=0',
    '--keep=0',
    '--peer=postfix,postfix,smtp-sink',
    '--ledger',
  ]);
  assert.deepEqual([options.n, options.group, options.keep, options.rcpts, options.ledger], [7, 0, false, 100, true]);
  assert.deepEqual(options.peers, ['postfix', 'smtp-sink']);
  assert.equal(parseBenchOptions(['backlog']).n, 1_000_000);
  assert.equal(parseBenchOptions(['relay']).load, 'tqmail');
});

test('what is wrong is a usage error', () => {
  const wrong = [
    [],
    ['nosuch'],
    ['relay', '--nosuch', '1'],
    ['relay', '--nosuch=1'],
    ['relay', '--n', '0'],
    ['relay', '--n', 'x'],
    ['relay', '--n'],
  ];
  wrong.push(['relay', 'word'], ['relay', '--load', 'swaks'], ['latency', '--load', 'postfix'], ['relay', '--keep', '2']);
  for (const args of wrong) assert.throws(() => parseBenchOptions(args), UsageError, args.join(' '));
  assert.throws(() => chooseCandidates(parseBenchOptions(['relay', '--peer', 'nosuch'])), UsageError);
});

test('our server comes first; a peer that is not there is named as skipped', () => {
  const { candidates, skipped } = chooseCandidates(parseBenchOptions(['accept', '--peer', 'smtp-sink,haraka']));
  assert.deepEqual(
    candidates.map(({ name }) => name),
    ['tqmail'],
  );
  assert.deepEqual(
    skipped.map(({ name }) => name),
    ['smtp-sink', 'haraka'],
  );
});

test('npm run bench with an unknown option prints usage and exits 64', () => {
  const done = spawnSync(process.execPath, [inProject('dist', 'bench', 'run.js'), 'relay', '--nosuch', '1'], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(done.status, 64);
  assert.match(done.stderr, /unknown option --nosuch/);
  assert.match(done.stderr, /usage: tqmail bench SCENARIO/);
  assert.equal(done.stdout, '');
});

test('source and sink options', () => {
  const source = sourceOptions(['--to', '[::1]:2525', '--messages', '5', '--per-session=1', '--rcpts', '2']);
  assert.deepEqual(
    [source.target.address, source.target.port, source.messages, source.perSession, source.recipients],
    ['::1', 2525, 5, 1, 2],
  );
  const web = sinkOptions(['--http', '127.0.0.1:0']);
  assert.deepEqual([web.smtp, web.http, web.keep, web.threads], [undefined, { address: '127.0.0.1', port: 0 }, 32, 1]);
  assert.deepEqual(sinkOptions([]).smtp, { address: '127.0.0.1', port: 2526 });
  const wrong = [
    [],
    ['--to', 'nowhere'],
    ['--to', '1.2.3.4:0'],
    ['--to', 'a:1', '--messages', '-1'],
    ['--to', 'a:1', '--nosuch'],
    ['--to', 'a:1', '--rcpts', '2', '--rcpt', 'u@x'],
  ];
  for (const args of wrong) assert.throws(() => sourceOptions(args), ToolUsage, args.join(' '));
  for (const args of [['--smtp', 'x'], ['--rules', '/nonexistent/rules'], ['word']])
    assert.throws(() => sinkOptions(args), ToolUsage);
});
