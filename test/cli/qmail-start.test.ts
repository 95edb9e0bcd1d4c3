/** bin/qmail-start and bin/qmail-send: the server with its own default delivery and logger; what they say when they cannot. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { initHome } from '../../src/cli/init/init.js';
import { run, scratch } from './command.js';

async function home(t: TestContext): Promise<string> {
  const path = join(scratch(t), 'home');
  await initHome({ home: path, me: 'mail.example.org', base: 2500, demo: true, extra: [] });
  rmSync(join(path, 'control/listeners'));
  rmSync(join(path, 'demo/.qmail-default'));
  rmSync(join(path, 'demo/.qmail'));
  return path;
}

test('mail for a user without a .qmail file goes where the first argument says; the log goes to the logger', async (t) => {
  const path = await home(t);
  const env = { QMAILHOME: path };
  const logger = ['sh', '-c', 'sed -u "s/^/logged: /"'];
  const server = run(t, 'qmail-start', ['./Elsewhere', ...logger], { env });
  await server.seen(/^logged: status: local 0\/10 remote 0\/20$/m);
  const queue = run(t, 'qmail-inject', ['demo@mail.example.org'], { env, stdin: 'Subject: x\n\nhi\n' });
  assert.equal((await queue.finished).code, 0);
  await server.seen(/delivery 1: success: did_1\+0\+0\//);
  server.child.kill('SIGTERM');
  const { code, stdout, stderr } = await server.finished;
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^logged: status: exiting$/m);
  assert.ok(stdout.split('\n').every((line) => line === '' || line.startsWith('logged: ')));
  assert.match(readFileSync(join(path, 'demo/Elsewhere'), 'latin1'), /Subject: x/);
});

test('a logger that cannot be started, a home that is none: one line and 111', async (t) => {
  const path = await home(t);
  const logger = await run(t, 'qmail-start', ['./Mailbox', '/nonexistent'], { env: { QMAILHOME: path } }).finished;
  assert.equal(logger.code, 111);
  assert.match(logger.stderr, /^qmail-start: fatal: cannot start the logger \/nonexistent: .*\n$/);
  const none = await run(t, 'qmail-start', [], { env: { QMAILHOME: join(path, 'no') } }).finished;
  assert.equal(none.code, 111);
  assert.match(none.stderr, /^qmail-start: fatal: cannot start: .* make a home with: tqmail init/);
});

test('what keeps it from starting stands in the log in the words of qmail-send', async (t) => {
  const path = await home(t);
  const alertOf = async (logger: readonly string[] = []): Promise<string> => {
    const { code, stdout } = await run(t, 'qmail-start', ['./Mailbox', ...logger], { env: { QMAILHOME: path } }).finished;
    assert.equal(code, 111);
    return stdout;
  };
  const server = run(t, 'qmail-start', [], { env: { QMAILHOME: path } });
  await server.seen(/^status: local 0\/10/m);
  assert.equal(await alertOf(), 'alert: cannot start: qmail-send is already running\n');
  server.child.kill('SIGTERM');
  assert.equal((await server.finished).code, 0);
  const steps = [
    ['control/me', 'unable to read controls'],
    ['queue', 'unable to switch to queue directory'],
    ['.', 'unable to switch to home directory'],
  ] as const;
  for (const [name, words] of steps) {
    rmSync(join(path, name), { recursive: true });
    assert.equal(await alertOf(['cat']), `alert: cannot start: ${words}\n`);
  }
});

test('qmail-send by itself says what it is', async (t) => {
  const { code, stdout, stderr } = await run(t, 'qmail-send', []).finished;
  assert.deepEqual([code, stdout], [111, '']);
  assert.match(stderr, /^alert: cannot start: hath the daemon spawn no fire\?\nqmail-send: .*qmail-start or "tqmail start"\n$/);
});
