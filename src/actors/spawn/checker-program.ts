/**
 * A program of the checkpassword kind (spec pop3.md §2), named by control/checkpassword: it reads name and password on
 * descriptor 3, becomes the user and starts qmail-pop3d there. Started here, believed by its exit code.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { checkerInput } from '../../protocol/pop3/authorization.js';
import { ParsedFile } from '../../store/parsed-file.js';
import type { MailboxRequest } from './mailbox-request.js';

const pop3d = fileURLToPath(new URL('../../../../bin/qmail-pop3d', import.meta.url));
const mostWords = 64;

/** The words of control/checkpassword; undefined: no such file, or nothing in it. Throws when it cannot be read. */
export function checkerFile(home: string): () => readonly string[] | undefined {
  const file = new ParsedFile(join(home, 'control', 'checkpassword'), (bytes) => {
    const [line = ''] = Buffer.from(bytes).toString('utf8').split('\n');
    return line.split(/[ \t]+/).filter((word) => word !== '');
  });
  return () => {
    const words = file.current();
    return words === undefined || words.length === 0 ? undefined : words.slice(0, mostWords);
  };
}

/** `stdio` of descriptors 0 to 2. */
export function startChecker(
  words: readonly string[],
  request: MailboxRequest,
  stdio: StdioOptions & readonly unknown[],
): ChildProcess {
  const [program = '', ...args] = words;
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', PROTO: 'TCP' };
  const child = spawn(program, [...args, process.execPath, pop3d, 'Maildir'], {
    cwd: '/',
    env,
    stdio: [...stdio, 'pipe'] as StdioOptions,
  });
  // None of them where no process could be started.
  const password = (child.stdio as readonly unknown[] | undefined)?.[3] as Writable | null | undefined;
  password?.on('error', () => undefined);
  password?.end(checkerInput(request, request.timestamp), 'latin1');
  return child;
}

/** What its end says of the login. */
export function checkerVerdict(code: number | null): 'over' | 'refused' | 'trouble' {
  if (code === 0) return 'over';
  return code === null || code === 111 ? 'trouble' : 'refused';
}
