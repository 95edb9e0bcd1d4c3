/**
 * The command lines of the bench and of its load tools: defaults, bounds, and exit 64 for what is wrong.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { chooseCandidates } from '../../bench/candidates.js';
import { tqmailLoad } from '../../bench/load/tqmail.js';
import { parseBenchOptions, UsageError } from '../../bench/options.js';
import type { BenchResult } from '../../bench/result.js';
import { inProject } from '../../bench/root.js';
import { selfSigned } from '../../src/actors/sink/tls/self-signed.js';
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
  const warmups = [
    ['relay'],
    ['relay', '--n', '500'],
    ['relay', '--warmup', '0'],
    ['relay', '--rules', 'drop-after-dot'],
    ['fanout', '--rcpts', '1000'],
    ['latency'],
    ['slow-domain'],
    ['bounce-flood'],
    ['sink'],
    ['drain'],
    ['storm'],
    ['backlog'],
    ['source'],
  ];
  assert.deepEqual(
    warmups.map((words) => parseBenchOptions(words).warmup),
    [3_000, 500, 0, 0, 3, 200, 3_000, 1_000, 10_000, 3_000, 3_000, 3_000, 0],
  );
});

test('what is wrong is a usage error', () => {
  const wrong = [
    [],
    ['nosuch'],
    ['relay', '--nosuch', '1'],
    ['source', '--warmup', '5'],
    ['relay', '--rules', 'flaky', '--warmup', '5'],
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

test('what a mistake is told stands above one line of usage, and files are asked for before the runs', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-words-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [one, other] = ['sink', 'storm'].map((scenario) => {
    const file = path.join(folder, `${scenario}.json`);
    const results = [{ name: 'tqmail', median: {} }];
    writeFileSync(file, JSON.stringify({ scenario, date: '2026-01-01', machine: {}, options: {}, results }));
    return file;
  });
  const nowhere = path.join(folder, 'not', 'there');
  const mistakes: readonly (readonly [RegExp, readonly string[]])[] = [
    [/^bench: unknown scenario nosuch; known: relay, accept, .*launchers, log$/m, ['nosuch']],
    [/^bench: --report .*there: cannot be written: no such file or directory$/m, ['relay', '--report', nowhere]],
    [/^bench: --json .*there: cannot be written: /m, ['relay', '--json', nowhere]],
    [/^bench: --report .*: cannot be written: it is no file$/m, ['relay', '--report', folder]],
    [/^bench: .*: cannot be written: it is no file$/m, ['page', one ?? '', folder]],
    [/^bench: --target is ADDRESS:PORT, .* not 127\.0\.0\.1:65536$/m, ['accept', '--target', '127.0.0.1:65536']],
    [/^bench: .* is of sink, .* of storm: nothing to compare$/m, ['compare', one ?? '', other ?? '']],
    [/^bench: .*there: no such file or directory$/m, ['compare', nowhere, nowhere]],
    [/^bench: --target 127\.0\.0\.1:25: give --sink-port/m, ['relay', '--target', '127.0.0.1:25']],
    [/^bench: --target 192\.0\.2\.1:25: not on this machine/m, ['accept', '--target', '192.0.2.1:25']],
    [/^bench: --pipelining is for --load tqmail/m, ['relay', '--load', 'postfix', '--pipelining', '2']],
  ];
  for (const [words, args] of mistakes) {
    const done = spawnSync(process.execPath, [inProject('dist', 'bench', 'run.js'), ...args], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.match(done.stderr, words);
    assert.match(done.stderr, /\nusage: tqmail bench SCENARIO \[options\]; options: tqmail bench --help\n$/);
    assert.deepEqual([done.status, done.stdout, done.stderr.split('\n').length], [64, '', 3]);
  }
});

test('a sink whose port is taken is a run with a reason, soon', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-words-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const begun = performance.now();
  await assert.rejects(tqmailLoad.startSink(folder, { port }), /did not start: .*address already in use/);
  assert.ok(performance.now() - begun < 19_000, 'it was not waited for');
});

test('Ctrl-C, passed on by npm once more, ends what was started and leaves no folder', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-words-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const words of [
    ['relay', '--n', '1000000'],
    ['pop3', '--n', '1000000'],
    ['log', '--messages', '1000000'],
  ]) {
    const args = [inProject('dist', 'bench', 'run.js'), ...words];
    const made = new Promise<void>((resolve) => {
      const watcher = watch(folder, () => {
        watcher.close();
        resolve();
      });
    });
    const bench = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
    t.after(() => bench.kill('SIGKILL'));
    let said = '';
    bench.stderr.setEncoding('utf8').on('data', (piece: string) => {
      said += piece;
    });
    const ended = once(bench, 'close');
    await made;
    bench.kill('SIGINT');
    bench.kill('SIGINT');
    assert.deepEqual(await ended, [130, null], said);
    assert.equal(said, 'bench: SIGINT, ending what was started\n');
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('tqmail-bench-')),
      [],
    );
  }
});

test('an interrupted bench has the figures of the rounds that were whole', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-words-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const json = path.join(folder, 'result.json');
  const words = ['sink', '--n', '20', '--warmup', '0', '--runs', '100', '--json', json];
  const made = new Promise<string>((resolve) => {
    const watcher = watch(folder, (_, name) => {
      watcher.close();
      resolve(path.join(folder, name ?? ''));
    });
  });
  const args = [inProject('dist', 'bench', 'run.js'), ...words];
  const bench = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
  t.after(() => bench.kill('SIGKILL'));
  const ended = once(bench, 'close');
  let printed = '';
  bench.stdout.setEncoding('latin1').on('data', (piece: string) => {
    printed += piece;
  });
  const work = await made;
  await new Promise<void>((resolve) => {
    const watcher = watch(work, (_, name) => {
      if (name !== '2-tqmail') return;
      watcher.close();
      resolve();
    });
  });
  bench.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  const { options, results } = JSON.parse(readFileSync(json, 'utf8')) as BenchResult;
  assert.ok(options.runs >= 1 && options.runs < 100, `${options.runs}`);
  assert.deepEqual([results[0]?.runs.length, results[0]?.ok], [options.runs, true]);
  assert.match(printed, /^sink: 20 messages .* \d+ runs, load tqmail\nledger {2}tqmail: nothing lost/);
});

test('--help behind any word is help, and a file that cannot be written costs the others nothing', (t) => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [inProject('dist', 'bench', 'run.js'), ...args], { encoding: 'utf8', timeout: 60_000 });
  for (const [words, expected] of [
    [['storm', '--help'], /^usage: tqmail bench SCENARIO/],
    [['pop3', '--help'], /^usage: npm run bench -- pop3/],
  ] as const) {
    const { status, stdout, stderr } = run(...words);
    assert.match(stdout, expected);
    assert.deepEqual([status, stderr], [0, '']);
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-words-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const report = path.join(folder, 'page.html');
  const words = ['sink', '--n', '5', '--warmup', '0', '--runs', '1', '--json', '/dev/full', '--report', report];
  const { status, stdout, stderr } = run(...words);
  assert.equal(stderr, 'bench: --json /dev/full: no space left on device: it is not whole\n');
  assert.deepEqual([status, /^sink: 5 messages/.test(stdout)], [1, true]);
  assert.match(readFileSync(report, 'utf8'), /Every run was sound/);
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

test('rules of the bench: a mistake is named by line and reason before anything starts', (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-rules-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'rules');
  writeFileSync(file, '# fine\nrcpt * 450 busy\nend * nonsense\n');
  const given = (...args: string[]) => assert.throws.bind(undefined, () => parseBenchOptions(args));
  given('relay', '--rules', file)({ name: 'UsageError', message: /line 3: "nonsense" is no action/ });
  given(
    'relay',
    '--rules',
    `${file}.not`,
  )({ name: 'UsageError', message: /no such file or directory; nor is it one of the presets clean, / });
  given('local', '--rules', 'flaky')({ name: 'UsageError', message: /--rules is for relay, fanout/ });
  given('relay', '--rules', 'flaky', '--load', 'postfix')({ name: 'UsageError', message: /with --load tqmail/ });
  assert.match(parseBenchOptions(['relay', '--rules', 'drop-after-dot']).rules ?? '', /take-drop/);
});

test('a sink that cannot start says why, and with which exit code', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tqmail-sink-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const taken = net.createServer().listen(0, '127.0.0.1');
  t.after(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const [one, other] = [selfSigned('one.test', Date.now()), selfSigned('other.test', Date.now())];
  const [cert, key] = [file('cert', one.cert), file('key', other.key)];
  const refused: readonly (readonly [number, RegExp, readonly string[]])[] = [
    [64, /rules line 2: "nonsense" is no action/, ['--rules', file('rules', 'rcpt * 450 busy\nend * nonsense\n')]],
    [111, new RegExp(`cannot listen on 127.0.0.1:${port}: .*in use`), ['--smtp', `127.0.0.1:${port}`]],
    [111, new RegExp(`cannot listen on 127.0.0.1:${port}: .*in use`), ['--smtp', '127.0.0.1:0', '--http', `127.0.0.1:${port}`]],
    [64, /--tls-cert and --tls-key belong together/, ['--tls-cert', cert]],
    [111, /certificate and key cannot be used for TLS: /, ['--smtp', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', key]],
  ];
  for (const [code, words, args] of refused) {
    const tool = inProject('dist', 'bench', 'load', 'tool.js');
    const done = spawnSync(process.execPath, [tool, 'sink', ...args], { encoding: 'utf8', timeout: 60_000 });
    assert.match(done.stderr, words);
    assert.deepEqual([done.status, done.stdout], [code, '']);
  }
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
