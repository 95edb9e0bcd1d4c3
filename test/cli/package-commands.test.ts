/** bin/qmail-qmtpd and bin/qmail-qmqpd as programs: control/recipients is asked as the listeners ask. The protocols are recorded (test/golden). */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, scratch } from './command.js';

const netstring = (text: string): string => `${text.length}:${text},`;
const both = (program: string, sender: string, recipients: readonly string[]): string => {
  const message = 'Subject: x\n\nbody\n';
  const envelope = recipients.map(netstring).join('');
  if (program === 'qmail-qmtpd') return netstring(`\n${message}`) + netstring(sender) + netstring(envelope);
  return netstring(netstring(message) + netstring(sender) + envelope);
};

interface Answered {
  readonly answers: string;
  readonly errors: string;
  /** What the queue got; empty: nothing, or a message that was given up, which it forgets. */
  readonly envelope: string;
}

async function say(t: TestContext, program: string, recipients: string, to: readonly string[]): Promise<Answered> {
  const folder = scratch(t);
  const home = join(folder, 'home');
  mkdirSync(join(home, 'control'), { recursive: true });
  const controls = { me: 'mail.example.org', rcpthosts: 'example.org', recipients, list: 'joe@example.org' };
  for (const [name, text] of Object.entries(controls)) writeFileSync(join(home, 'control', name), `${text}\n`);
  const queue = join(folder, 'queue');
  writeFileSync(queue, `#!/bin/sh\ncat > ${folder}/message\ncat <&1 > ${folder}/envelope\n`, { mode: 0o755 });
  const env = { QMAILHOME: home, QMAILQUEUE: queue };
  const { stdout, stderr } = await run(t, program, [], { env, stdin: both(program, 'a@b.example', to) }).finished;
  const envelope = join(folder, 'envelope');
  return {
    answers: stdout,
    errors: stderr,
    envelope: existsSync(envelope) ? readFileSync(envelope, 'latin1') : '',
  };
}

const unknown = netstring('Dsorry, no mailbox here by that name (#5.1.1)');

test('qmail-qmtpd answers D for whom nobody knows, and queues the message for the others', async (t) => {
  const known = await say(t, 'qmail-qmtpd', 'file control/list', ['joe@example.org', 'jim@example.org']);
  assert.match(known.answers, /^\d+:Kok \d+ qp \d+,45:Dsorry, no mailbox here by that name \(#5\.1\.1\),$/);
  assert.equal(known.envelope, 'Fa@b.example\0Tjoe@example.org\0\0');
  const nobody = await say(t, 'qmail-qmtpd', 'file control/list', ['jim@example.org', 'jan@example.org']);
  assert.deepEqual([nobody.answers, nobody.envelope], [unknown + unknown, '']);
});

test('qmail-qmqpd refuses a message that nobody gets, and takes any other for all', async (t) => {
  const some = await say(t, 'qmail-qmqpd', 'file control/list', ['joe@example.org', 'jim@example.org']);
  assert.match(some.answers, /^\d+:Kok \d+ qp \d+,$/);
  assert.equal(some.envelope, 'Fa@b.example\0Tjoe@example.org\0Tjim@example.org\0\0');
  const nobody = await say(t, 'qmail-qmqpd', 'file control/list', ['jim@example.org']);
  assert.deepEqual([nobody.answers, nobody.envelope], [unknown, '']);
  const without = await say(t, 'qmail-qmqpd', 'file control/list', []);
  assert.match(without.answers, /^\d+:Kok /);
  assert.equal(without.envelope, 'Fa@b.example\0\0');
});

test('settings that are wrong are told, and everybody is taken', async (t) => {
  for (const program of ['qmail-qmtpd', 'qmail-qmqpd']) {
    const { answers, errors, envelope } = await say(t, program, 'nonsense', ['jim@example.org']);
    assert.match(answers, /^\d+:Kok /);
    assert.match(errors, new RegExp(`^${program}: .*recipients.*taken unchecked`));
    assert.match(envelope, /Tjim@example\.org/);
  }
});
