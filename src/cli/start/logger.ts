/**
 * The program that qmail-start's log goes to (multilog, splogger): started before the server as the account qmaill, fed
 * through its standard input, waited for at the end. It is not started again: a server whose logger is gone works on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ByteString } from '../../protocol/mail.js';
import { type Call, complainTo } from '../call.js';
import { CommandTrouble, reason } from '../complain.js';
import { findAccount } from './accounts.js';

/** How long a logger may go on writing after the end of its input. */
const patienceMs = 5_000;

export interface Logger {
  /** The write end of its standard input. */
  readonly fd: number;
  /** Ends its input and waits for it, a few seconds at most. */
  end(): Promise<void>;
}

/** Throws CommandTrouble 111 when the program cannot be started. */
export async function startLogger(call: Call, program: ByteString, args: readonly ByteString[]): Promise<Logger> {
  const child = spawn(text(program), args.map(text), {
    stdio: ['pipe', call.descriptor(1), call.descriptor(2)],
    env: Object.fromEntries([...call.env].map(([name, value]) => [name, text(value)])),
    ...identity(),
  });
  const failed = once(child, 'error').then(([error]) => error as unknown);
  const trouble = await Promise.race([once(child, 'spawn').then(() => undefined), failed]);
  if (trouble !== undefined) throw new CommandTrouble(111, `cannot start the logger ${program}: ${reason(trouble)}`);
  child.once('exit', (code, signal) => {
    if (child.stdin?.writableEnded === false)
      complainTo(call, `qmail-start: warning: the logger ended (${signal ?? `exit code ${code}`}); the log is lost from now on`);
  });
  child.stdin?.on('error', () => undefined);
  return { fd: writeEnd(child), end: () => end(child) };
}

/** Root gives the log to qmaill, where there is that account. */
function identity(): { readonly uid?: number; readonly gid?: number } {
  const account = process.geteuid?.() === 0 ? findAccount('qmaill') : undefined;
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** Node keeps the descriptor of a pipe to itself; the server's processes inherit it. */
function writeEnd(child: ChildProcess): number {
  const { fd } = (child.stdin as unknown as { readonly _handle: { readonly fd: number } })._handle;
  if (!(fd > 2)) throw new CommandTrouble(111, 'the logger has no pipe');
  return fd;
}

async function end(child: ChildProcess): Promise<void> {
  const gone = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit');
  child.stdin?.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((settle) => {
    timer = setTimeout(settle, patienceMs);
  });
  await Promise.race([gone, late]);
  clearTimeout(timer);
}

function text(octets: ByteString): string {
  return Buffer.from(octets, 'latin1').toString('utf8');
}
