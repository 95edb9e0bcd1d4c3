/** bin/qmail-smtpd on pipes: when it ends, and with which code. What it says is recorded (test/golden). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { launcher, scratch } from './command.js';

interface Session {
  say(text: string): void;
  leave(): void;
  /** Resolves when what it said so far ends so. */
  said(end: string): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** A file without text is made a folder. */
function open(
  t: TestContext,
  controls: Readonly<Record<string, string | undefined>>,
  env: Readonly<Record<string, string>> = {},
): Session {
  const home = join(scratch(t), 'home');
  mkdirSync(join(home, 'control'), { recursive: true });
  for (const [name, text] of Object.entries(controls)) {
    if (text === undefined) mkdirSync(join(home, 'control', name));
    else writeFileSync(join(home, 'control', name), `${text}\n`);
  }
  const child = spawn(launcher('qmail-smtpd'), [], {
    env: { PATH: process.env.PATH, QMAILHOME: home, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => void child.kill('SIGKILL'));
  let output = '';
  const heard = new Set<() => void>();
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    output += text;
    for (const look of heard) look();
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, output }));
  return {
    say: (text) => void child.stdin.write(text, 'latin1'),
    leave: () => void child.stdin.end(),
    said: (end) =>
      new Promise((settle) => {
        const look = (): void => {
          if (output.endsWith(end)) settle();
        };
        heard.add(look);
        look();
      }),
    ended,
  };
}

const controls = { me: 'mail.example.org', rcpthosts: 'example.org' };

test('QUIT ends it with 0 although the client stays; end of input ends it with 1', async (t) => {
  const quits = open(t, controls);
  await quits.said('ESMTP\r\n');
  quits.say('QUIT\r\n');
  assert.deepEqual(await quits.ended, { code: 0, output: '220 mail.example.org ESMTP\r\n221 mail.example.org\r\n' });
  const leaves = open(t, controls);
  leaves.leave();
  assert.equal((await leaves.ended).code, 1);
});

test('a client that is silent for timeoutsmtpd seconds is told so', async (t) => {
  const session = open(t, { ...controls, timeoutsmtpd: '1' });
  const { code, output } = await session.ended;
  assert.equal(code, 1);
  assert.match(output, /\r\n451 timeout \(#4\.4\.2\)\r\n$/);
});

test('without me and smtpgreeting it says 421 and ends with 1', async (t) => {
  assert.deepEqual(await open(t, {}).ended, { code: 1, output: '421 unable to read controls (#4.3.0)\r\n' });
});

test('a control file that cannot be read: 421 in place of the greeting, of morercpthosts.cdb at RCPT; exit 1', async (t) => {
  const trouble = '421 unable to read controls (#4.3.0)\r\n';
  for (const name of ['me', 'rcpthosts', 'badmailfrom', 'databytes', 'timeoutsmtpd'])
    assert.deepEqual(await open(t, { ...controls, [name]: undefined }).ended, { code: 1, output: trouble }, name);
  const session = open(t, { ...controls, 'morercpthosts.cdb': 'no database' });
  session.say('MAIL FROM:<a@b.c>\r\nRCPT TO:<joe@example.org>\r\nRCPT TO:<joe@elsewhere.org>\r\nQUIT\r\n');
  const { code, output } = await session.ended;
  assert.equal(code, 1);
  assert.ok(output.endsWith(`\r\n250 ok\r\n250 ok\r\n${trouble}`), output);
});

test('a queue that cannot be run or used is a temporary refusal, and the session goes on', async (t) => {
  for (const env of [{ QMAILQUEUE: '/nonexistent/queue' }, {}]) {
    const session = open(t, controls, env);
    session.say('MAIL FROM:<a@b.c>\r\nRCPT TO:<joe@example.org>\r\nDATA\r\nSubject: s\r\n\r\nhello\r\n.\r\nQUIT\r\n');
    const { code, output } = await session.ended;
    assert.equal(code, 0);
    assert.match(output, /354 go ahead\r\n451 [^\r]+ \(#4\.3\.0\)\r\n221 /);
  }
});

test('a client that leaves in the middle of a message leaves nothing in the queue', async (t) => {
  const place = scratch(t);
  const program = join(place, 'queue');
  writeFileSync(
    program,
    `#!/bin/sh\ncat >${place}/message\ncat <&1 >${place}/envelope\nwc -c <${place}/envelope >${place}/octets\n`,
    {
      mode: 0o755,
    },
  );
  const session = open(t, controls, { QMAILQUEUE: program });
  session.say('MAIL FROM:<a@b.c>\r\nRCPT TO:<joe@example.org>\r\nDATA\r\nSubject: s\r\n');
  await session.said('go ahead\r\n');
  session.leave();
  assert.equal((await session.ended).code, 1);
  assert.equal(readFileSync(join(place, 'octets'), 'utf8').trim(), '0');
});

test('control/recipients is asked at RCPT; settings that are wrong take everybody', async (t) => {
  const mail = 'MAIL FROM:<a@b>\r\nRCPT TO:<joe@example.org>\r\nRCPT TO:<jim@example.org>\r\nQUIT\r\n';
  const replies = async (recipients: string): Promise<readonly string[]> => {
    const session = open(t, { ...controls, recipients, list: 'joe@example.org' });
    session.say(mail);
    return (await session.ended).output.split('\r\n').slice(2, 4);
  };
  const unknown = '550 sorry, no mailbox here by that name (#5.1.1)';
  assert.deepEqual(await replies('file control/list'), ['250 ok', unknown]);
  assert.deepEqual(await replies('nonsense'), ['250 ok', '250 ok']);
});
