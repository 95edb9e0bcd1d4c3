/** `tqmail report` as a process: files, standard input, wrong words. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcher, run, scratch } from './command.js';

const first = 'new msg 1\ninfo msg 1: bytes 10 from <a@b> qp 2 uid 3\nstarting delivery 1: msg 1 to local c@d\n';
const second = 'delivery 1: success: did_1+0+0/\nend msg 1\n';

test('files are read one after another, or standard input; only the parts asked for are shown', async (t) => {
  const folder = scratch(t);
  const files = ['one', 'two'].map((name) => join(folder, name));
  writeFileSync(files[0] as string, first);
  writeFileSync(files[1] as string, second);
  const matched = await run(t, 'tqmail', ['report', '--matchup', ...files]).finished;
  const stamp = '0.000000';
  assert.equal(
    matched.stdout,
    `d k ${stamp} ${stamp} ${stamp} 10 <a@b> local.c@d 2 3 did_1+0+0/\nm ${stamp} ${stamp} 10 1 0 0 <a@b> 2 3\n`,
  );
  const hosts = await run(t, 'tqmail', ['report', '--part', 'hosts'], { stdin: first + second }).finished;
  assert.equal(hosts.code, 0, hosts.stderr);
  assert.match(hosts.stdout, /^Recipient hosts, by attempts\n.*\n +10 +1 +1 +0 +0 +0\.00 +0\.00 +local\.d\n$/);
  const open = await run(t, 'tqmail', ['report', '--part', 'overall', files[0] as string]).finished;
  assert.match(open.stderr, /1 messages had not ended when the log did/);
});

test('wrong words and missing files are named', async (t) => {
  const part = await run(t, 'tqmail', ['report', '--part', 'everything']).finished;
  assert.equal(part.code, 64);
  assert.match(part.stderr, /no part everything\nusage: tqmail report/);
  const missing = await run(t, 'tqmail', ['report', '/nowhere/log']).finished;
  assert.equal(missing.code, 111);
  assert.match(missing.stderr, /\/nowhere\/log cannot be read: no such file or directory/);
});

test('a line without end takes no memory and does not count', async (t) => {
  const { code, stdout, stderr } = await run(t, 'tqmail', ['report', '--part', 'overall'], {
    stdin: `${'x'.repeat(3_000_000)}\n${first}${second}`,
  }).finished;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /1 lines were too long and do not count/);
  assert.match(stdout, /^Completed messages: 1$/m);
});

test('what is open goes to a file, which stands before the next part; matched lines can be read again', async (t) => {
  const folder = scratch(t);
  const [one = '', two = '', pending = '', matched = ''] = ['one', 'two', 'pending', 'matched'].map((name) => join(folder, name));
  writeFileSync(one, first);
  writeFileSync(two, second);
  const opened = await run(t, 'tqmail', ['report', '--matchup', '--pending', pending, one]).finished;
  assert.deepEqual([opened.code, opened.stdout, opened.stderr], [0, '', '']);
  const closed = await run(t, 'tqmail', ['report', '--matchup', '--pending', pending, pending, two]).finished;
  assert.match(closed.stdout, /^d k .*\nm .*\n$/);
  assert.equal(readFileSync(pending, 'latin1'), '');
  writeFileSync(matched, closed.stdout);
  const chosen = await run(t, 'tqmail', ['report', '--sendmail', '--sender', 'A@b', matched]).finished;
  assert.equal(
    chosen.stdout,
    '- 2: to=<c@d>, delay=-, xdelay=-, mailer=local, stat=Sent (did_1+0+0/)\n- 2: from=<a@b>, size=10, nrcpts=1, ctladdr=uid3, delay=-\n',
  );
  const none = await run(t, 'tqmail', ['report', '--matchup', '--qp', '3', matched]).finished;
  assert.deepEqual([none.code, none.stdout], [0, '']);
  const unwritten = await run(t, 'tqmail', ['report', '--matchup', '--pending', `${folder}/no/where`, one]).finished;
  assert.equal(unwritten.code, 111);
  assert.match(unwritten.stderr, /no\/where cannot be written: no such file or directory/);
});

test('a reader that goes away ends a report quietly, a full disk with its cause', async (t) => {
  const folder = scratch(t);
  const log = join(folder, 'log');
  writeFileSync(log, (first + second).repeat(5_000));
  const report = `'${launcher('tqmail')}' report --matchup '${log}'`;
  const broken = spawnSync('bash', ['-c', `${report} | head -n 1; exit "\${PIPESTATUS[0]}"`], { encoding: 'utf8' });
  assert.deepEqual([broken.status, broken.stderr], [0, '']);
  assert.match(broken.stdout, /^d k .*\n$/);
  const full = spawnSync('sh', ['-c', `${report} > /dev/full`], { encoding: 'utf8' });
  assert.equal(full.status, 111);
  assert.match(full.stderr, /^tqmail: fatal: report: standard output cannot be written: no space left on device\n$/);
});
