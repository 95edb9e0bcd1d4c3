/** Local delivery inside one process: whose mail it takes, hostile addresses, program lines, lost lspawnd. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runLocal } from '../../src/actors/local/deliver.js';
import { createLocalDeliverer } from '../../src/actors/local/deliverer.js';
import type { LocalDeliverer } from '../../src/actors/local/deliverer-types.js';
import { localIo } from '../../src/actors/local/io.js';
import { unixMessage } from '../../src/store/unix-message.js';
import { delivered, delivery, expected, hostname, nonce, serverHome } from '../support/local-home.js';

const own = process.getuid?.() || 8001;

function start(t: TestContext): { home: string; deliverer: LocalDeliverer; joe: string } {
  const home = serverHome(t, [
    { name: 'joe', uid: own },
    { name: 'amy', uid: own + 1 },
    { name: 'super', uid: 0 },
  ]);
  const deliverer = createLocalDeliverer({ home, nonce, uid: own, hostname, env: { PATH: process.env.PATH } });
  t.after(() => deliverer.close());
  return { home, deliverer, joe: join(home, 'joe') };
}

test('the default delivery lands once, however often it is repeated', async (t) => {
  const { deliverer, joe } = start(t);
  for (const repeated of [false, false, true]) {
    const report = await deliverer.deliver(delivery('joe@x.example', { repeated }), './Maildir/');
    assert.deepEqual(report, { outcomes: [{ status: 'K', text: 'did 1+0+0\n' }] });
  }
  const messages = delivered(joe);
  assert.equal(messages.length, 1);
  assert.equal(messages[0]?.name, `1700000000.Q${nonce}I7R0L1.${hostname}`);
  assert.equal(messages[0]?.text, expected('joe@x.example'));
});

test('two recipients, two lines: different names', async (t) => {
  const { deliverer, joe } = start(t);
  writeFileSync(join(joe, '.qmail-two'), './Maildir/\n./Maildir/\n');
  for (const index of [0, 1]) await deliverer.deliver(delivery('joe-two@x.example', { index }), '');
  assert.equal(delivered(joe).length, 4);
});

test('mail of another uid is deferred with the reason, that of root always', async (t) => {
  const { deliverer, home } = start(t);
  const other = await deliverer.deliver(delivery('amy@x.example'), './Maildir/');
  assert.equal(other.outcomes[0]?.status, 'Z');
  assert.match(other.outcomes[0]?.text ?? '', new RegExp(`as uid ${own + 1}: the server runs as uid ${own} `));
  const root = await deliverer.deliver(delivery('super@x.example'), './Maildir/');
  assert.deepEqual(root.outcomes, [{ status: 'Z', text: 'Not allowed to perform deliveries as root.\n' }]);
  assert.deepEqual(delivered(join(home, 'amy')), []);
});

test('an empty local part is thrown away; two recipients in one delivery are an internal bug', async (t) => {
  const { deliverer } = start(t);
  assert.deepEqual(await deliverer.deliver(delivery('@x.example'), ''), { outcomes: [{ status: 'K', text: '' }] });
  const both = await deliverer.deliver(delivery('', { recipients: ['joe@x', 'joe@y'] }), './Maildir/');
  assert.deepEqual(
    both.outcomes.map(({ status }) => status),
    ['Z', 'Z'],
  );
});

const traversals = [
  '../x',
  'a/b',
  '..',
  '.',
  '../../etc/passwd',
  '/etc/passwd',
  'a/../../b',
  '..-x',
  'x-..',
  './x',
  'a//b',
  '%2e%2e/x',
  'a\0b',
  '\0',
  '..\0',
  'a/',
  '/',
  '//',
  '-',
  '--',
  '../.qmail',
  '..:x',
  ':',
  '~',
  '~root',
  'a\nb',
  '../Maildir/x',
  'x/../default',
  '.qmail',
  'default/../x',
];

test('no extension reaches a .qmail file in another folder', async (t) => {
  const { deliverer, home, joe } = start(t);
  for (const folder of [home, joe, join(joe, '.qmail-a')]) {
    mkdirSync(folder, { recursive: true });
    for (const name of ['x', 'b', '.qmail', '.qmail-', 'default']) {
      if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), `|touch ${join(home, 'escaped')}\n`);
    }
  }
  for (const ext of traversals) {
    const { outcomes } = await deliverer.deliver(delivery(`joe-${ext}@x.example`), './Maildir/');
    assert.equal(outcomes[0]?.status, 'D', JSON.stringify([ext, outcomes]));
  }
  assert.ok(!existsSync(join(home, 'escaped')));
});

test('no address becomes shell text', async (t) => {
  const { deliverer, joe } = start(t);
  writeFileSync(join(joe, '.qmail-default'), '|test -n "$SENDER$EXT" && exit 0\n');
  const canary = join(joe, 'canary');
  const hostile = [
    `;touch ${canary}`,
    `$(touch ${canary})`,
    `\`touch ${canary}\``,
    `\n touch ${canary}\n`,
    `() { :;}; touch ${canary}`,
    `'; touch ${canary} '`,
  ];
  for (const text of hostile) {
    // Octets that are not UTF-8 take the other way of passing values.
    for (const sender of [text, `${text}\xe9`]) {
      const report = await deliverer.deliver(delivery(`joe-${text.replaceAll('@', '')}@x.example`, { sender }), '');
      assert.equal(report.outcomes[0]?.status, 'K', report.outcomes[0]?.text);
    }
  }
  assert.ok(!existsSync(canary));
});

test('programs: output and error output in order, exit codes, octets that are not UTF-8', async (t) => {
  const { deliverer, joe } = start(t);
  const run = async (line: string, sender = 's@t'): Promise<string> => {
    writeFileSync(join(joe, `.qmail-p${readdirSync(joe).length}`), Buffer.from(`|${line}\n`, 'latin1'));
    const { outcomes } = await deliverer.deliver(delivery(`joe-p${readdirSync(joe).length - 1}@x.example`, { sender }), '');
    return `${outcomes[0]?.status}${outcomes[0]?.text}`;
  };
  assert.equal(await run('echo one; echo two >&2; echo three'), 'Kone\ntwo\nthree\ndid 0+0+1\n');
  assert.equal(await run('echo no; exit 100'), 'Dno\n');
  assert.equal(await run('exit 1'), 'Z');
  assert.equal(await run('kill -9 $$'), 'ZAack, child crashed. (#4.3.0)\n');
  assert.equal(await run('printf %s "$SENDER"', 'a\xe9\n\xff@b'), 'Ka\xe9\n\xff@bdid 0+0+1\n');
  assert.equal(await run("printf %s '\xe9\xff'"), 'K\xe9\xffdid 0+0+1\n');
  assert.equal(await run('head -c 7; umask'), 'KSubject0077\ndid 0+0+1\n');
  assert.match(await run('yes | head -c 100000'), /^Ky\n[y\n]*\nError report too long, sorry\.\n$/);
});

test('close ends programs; their deliveries are deferred', async (t) => {
  const { deliverer, joe } = start(t);
  writeFileSync(join(joe, '.qmail-long'), `|echo > ${join(joe, 'running')}; exec sleep 600\n`);
  const changes = watch(joe);
  const running = once(changes, 'change');
  const report = deliverer.deliver(delivery('joe-long@x.example'), '');
  await running;
  changes.close();
  await deliverer.close();
  assert.deepEqual((await report).outcomes, [{ status: 'Z', text: 'Aack, child crashed. (#4.3.0)\n' }]);
});

test('without lspawnd at its socket every delivery is deferred', async (t) => {
  const { home } = start(t);
  const deliverer = createLocalDeliverer({
    home,
    nonce,
    uid: own,
    lspawndSocket: join(home, 'run/none'),
    patience: 100,
    hostname,
    env: {},
  });
  t.after(() => deliverer.close());
  for (let i = 0; i < 2; i++) {
    const report = await deliverer.deliver(delivery('joe@x.example'), './Maildir/');
    assert.equal(report.outcomes[0]?.status, 'Z');
    assert.match(report.outcomes[0]?.text ?? '', /^Unable to reach lspawnd: .*run\/none: file does not exist\. \(#4\.3\.0\)\n$/);
  }
});

test('a socket that appears a little later is waited for; a connection lost under way is said so', async (t) => {
  const { home } = start(t);
  const path = join(home, 'run/late');
  const deliverer = createLocalDeliverer({ home, nonce, uid: own, lspawndSocket: path, hostname, env: {} });
  t.after(() => deliverer.close());
  const report = deliverer.deliver(delivery('joe@x.example'), '');
  const server = createServer((socket) => socket.once('data', () => socket.destroy())).listen(path);
  t.after(() => server.close());
  assert.deepEqual(await report, { outcomes: [{ status: 'Z', text: 'Connection to lspawnd lost. (#4.3.0)\n' }], lost: true });
});

test("a Maildir that hangs is given up; a message that cannot be read is not the mailbox's fault", async (t) => {
  const { home, joe } = start(t);
  const io = { ...localIo({}, hostname, own), maildirLimit: 50 };
  const request = { user: 'joe', home: joe, local: 'joe', dash: '', ext: '', host: 'x', sender: '', repeated: false };
  let reads = 0;
  async function* header(): AsyncGenerator<Uint8Array, void, void> {
    yield Buffer.from('Subject: x\n\n');
    // The first look is for loops; the delivery itself never gets the rest.
    if (++reads > 1) await new Promise(() => undefined);
  }
  const stuck = { bytes: undefined, file: undefined, pieces: header };
  const maildirName = (): string => 'name';
  const hung = await runLocal({ ...request, defaultDelivery: './Maildir/', message: stuck, maildirName }, io);
  assert.deepEqual(hung, { exit: 111, output: 'Timeout on maildir delivery. (#4.3.0)\n' });
  const gone = unixMessage({ form: 'unix', file: join(home, 'gone'), size: 0 });
  const unread = await runLocal({ ...request, defaultDelivery: './Maildir/', message: gone, maildirName }, io);
  assert.deepEqual(unread, { exit: 111, output: 'Unable to read message. (#4.3.0)\n' });
  assert.deepEqual(delivered(joe), []);
});
