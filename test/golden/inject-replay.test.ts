/**
 * The recorded cases of qmail-inject, replayed through the pure completion of headers. What belongs to the
 * command alone (its options, exit codes, the queue) is replayed through the launchers.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readOptions } from '../../src/cli/getopt.js';
import { environmentFrom } from '../../src/cli/inject/environment.js';
import { completeAddress, completeHeader } from '../../src/protocol/message/complete.js';
import { splitHeader } from '../../src/protocol/message/header-lines.js';
import { differences } from './recorded.js';

interface Queued {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly message: string;
}
interface Case {
  readonly id: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly controls: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
  readonly queueExit: number;
  readonly stdin: string;
  readonly expected: { readonly queue?: { readonly exit: number; readonly queued: readonly Queued[] } };
}

const folder = process.env.TQMAIL_GOLDEN ?? join(import.meta.dirname, '../../../test/golden/cases');
const cases = readFileSync(join(folder, 'inject.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

/** Only -f changes what is made of a header; the last one counts. */
function senderOption(args: readonly string[]): string | undefined {
  const read = readOptions(args, 'aAhHnN', 'f');
  return 'wrong' in read ? undefined : read.options.findLast(({ letter }) => letter === 'f')?.value;
}

function replay(one: Case): Queued {
  const variables = new Map(Object.entries(one.env));
  const list = variables.get('QMAILMFTFILE')?.replace('$FILES/', '');
  const environment = environmentFrom(
    new Map(Object.entries(one.controls)),
    variables,
    list === undefined ? undefined : one.files[list],
  );
  assert.ok(!('wrong' in environment), one.id);
  const option = senderOption(one.args);
  const sender = option === undefined ? undefined : completeAddress(option, environment.rewrite);
  const split = splitHeader(one.stdin, true);
  assert.ok(split !== undefined);
  const done = completeHeader(split.fields, { ...environment, sender, now: 1_795_000_000, pid: 4711 });
  assert.ok(!('tag' in done), one.id);
  const message = done.header + split.rest;
  return {
    sender: done.sender,
    recipients: done.recipients,
    message: message.endsWith('\n') || message === '' ? message : `${message}\n`,
  };
}

function normal(queued: Queued): Queued {
  const text = JSON.stringify(queued)
    .replaceAll('18 Nov 2026 11:06:40 -0000', '{DATE}')
    .replaceAll('20261118110640.4711.qmail@', '{STAMP}.{PID}.qmail@')
    .replaceAll('1795000000.4711', '{TIME}.{PID}');
  return JSON.parse(text) as Queued;
}

test('qmail-inject: what is made of a header is as recorded', (t) => {
  const chosen = differences();
  const replayed = cases.filter(
    ({ id, program, expected }) => program === 'qmail-inject' && !chosen.has(id) && (expected.queue?.queued.length ?? 0) > 0,
  );
  assert.ok(replayed.length > 200, 'the recorded cases are missing');
  t.diagnostic(`${replayed.length} cases replayed`);
  for (const one of replayed) {
    const [want] = one.expected.queue?.queued ?? [];
    const got = normal(replay(one));
    assert.deepEqual([got.message, got.sender], [want?.message, want?.sender], `${one.id} ${JSON.stringify(one.args)}`);
    // The envelope's form ends an address at a NUL; arguments may stand in place of the header's recipients.
    if (one.args.length === 0)
      assert.deepEqual(
        got.recipients.map((text) => text.split('\0')[0]),
        want?.recipients,
        one.id,
      );
  }
});
