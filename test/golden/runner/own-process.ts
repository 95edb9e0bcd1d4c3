/**
 * Runs an invocation as a process of its own, through its launcher, as a user's shell would. Bounded in time.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import type { Invocation } from './adapter.js';
import type { CallFiles } from './call-files.js';

/** A command that needs longer is ended, in milliseconds. */
export const callMs = 60_000;

/** The environment of a call: the launcher needs to find node. */
export function environmentOf({ env = {} }: Pick<Invocation, 'env'>, home: string): Record<string, string> {
  const path = `${join(home, 'bin')}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
  return { PATH: path, QMAILHOME: home, ...env };
}

export function startProcess(folder: string, home: string, call: Invocation, stdio: StdioOptions): ChildProcess {
  const path = join(home, 'bin', call.calledAs ?? call.program);
  const env = environmentOf(call, home);
  const args = call.args ?? [];
  const identity = process.getuid?.() === 0 && call.uid !== undefined ? { uid: call.uid, gid: call.gid ?? call.uid } : {};
  const options = { stdio, cwd: call.cwd ?? home, ...identity };
  if ([...args, ...Object.values(env)].every(isAscii)) return spawn(path, args, { ...options, env });
  // Node passes texts as UTF-8; a shell passes octets.
  const script = join(folder, 'call.sh');
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  writeFileSync(script, `exec env -i ${[...words, path, ...args].map(quoted).join(' ')}\n`, 'latin1');
  return spawn('/bin/sh', [script], { ...options, env: {} });
}

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Resolves to the exit code, 128 + n for signal n. Rejects when it cannot be started or needs too long. */
export function endOf(child: ChildProcess): Promise<number> {
  return new Promise((settle, fail) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`did not end within ${callMs / 1000} s`));
    }, callMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      settle(signal === null ? (code ?? 0) : 128 + constants.signals[signal]);
    });
  });
}

export async function runProcess(folder: string, home: string, call: Invocation, files: CallFiles): Promise<number> {
  const stdio: ('ignore' | number)[] = [];
  const open = (n: number, path: string, flags: string): void => {
    while (stdio.length <= n) stdio.push('ignore');
    stdio[n] = openSync(path, flags);
  };
  for (const [n, path] of files.reads) open(n, path, 'r');
  for (const [n, path] of files.writes) open(n, path, 'a');
  try {
    return await endOf(startProcess(folder, home, call, stdio));
  } finally {
    for (const fd of stdio) if (typeof fd === 'number') closeSync(fd);
  }
}
