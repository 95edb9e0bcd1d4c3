/** qmail-rspawn spoken to directly, with a remote program that prints what the case says. */
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, RecordedCase, Tools } from '../../runner/adapter.js';

interface RspawnCase extends RecordedCase {
  readonly stdin: string;
  readonly remoteOutput: string;
  /** A number, or a shell command. */
  readonly remoteExit: number | string;
}

async function run(test: RspawnCase, tools: Tools): Promise<unknown> {
  const home = tools.home({ me: 'mail.example.org\n' });
  mkdirSync(join(home, 'queue/mess/1'), { recursive: true });
  putMessage(join(home, 'queue/mess/1/1'), test.description.includes('another user'));
  const output = join(tools.folder, 'remote-output');
  writeFileSync(output, test.remoteOutput, 'latin1');
  const last = typeof test.remoteExit === 'number' ? `exit ${test.remoteExit}` : test.remoteExit;
  const program = join(tools.folder, 'remote-program');
  writeFileSync(program, `#!/bin/sh\ncat ${output}\n${last}\n`);
  chmodSync(program, 0o755);
  const ended = await tools.invoke({ program: 'qmail-rspawn', env: { QMAILREMOTE: program }, input: test.stdin });
  return { exit: ended.exit, stdout: ended.stdout };
}

/** A user that is not root cannot give files away, but can name one of root's. */
function putMessage(path: string, foreign: boolean): void {
  const root = process.getuid?.() === 0;
  if (foreign && !root) symlinkSync('/etc/passwd', path);
  else writeFileSync(path, 'Subject: s\n\nhello\n');
  if (foreign && root) chownSync(path, 8001, 8001);
}

export const rspawn: Adapter<RspawnCase> = { file: 'misc', run };
