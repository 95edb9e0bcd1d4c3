/**
 * Output that cannot be written: on a full disk and to a reader that is gone every command ends with 111 and the cause,
 * not with a stack trace.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { launcher, makeHome } from './command.js';

const commands: readonly (readonly [string, ...string[]])[] = [
  ['qmail-showctl'],
  ['qmail-qstat'],
  ['qmail-inject', '-n'],
  ['tai64n'],
  ['tqmail', 'help'],
];

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Until nothing can be written any more: the reader is really gone. */
const nobodyReads = "trap '' PIPE; while printf x 2>/dev/null; do :; done";

/** `to` is what stands behind the command in a shell. */
function ended(home: string, words: readonly string[], to: string): Promise<Ended> {
  const [name = '', ...args] = words;
  const command = `printf 'Subject: x\\n\\n' | { ${nobodyReads}; '${launcher(name)}' ${args.join(' ')}; echo "$?" > '${join(home, `code-${name}`)}'; } ${to}`;
  return new Promise((settle) => {
    const shell = `${command}; exit "$(cat '${join(home, `code-${name}`)}')"`;
    const env = { ...process.env, QMAILHOME: home };
    execFile('bash', ['-c', shell], { env, timeout: 60_000 }, (error, _stdout, stderr) => {
      settle({ code: typeof error?.code === 'number' ? error.code : 0, said: stderr });
    });
  });
}

for (const [to, cause] of [
  ['> /dev/full', 'no space left on device'],
  ['| exec true', 'broken pipe'],
] as const) {
  test(`${cause}: 111 and the cause`, async (t) => {
    const home = await makeHome(t);
    // One after another: two commands may not open the queue at a time.
    for (const words of commands) {
      const { code, said } = await ended(home, words, to);
      assert.equal(code, 111, `${words.join(' ')}: ${said}`);
      const expected = words[0] === 'qmail-inject' ? 'write error' : `unable to write output: ${cause}`;
      assert.equal(said, `${words[0]}: fatal: ${expected}\n`);
    }
  });
}
