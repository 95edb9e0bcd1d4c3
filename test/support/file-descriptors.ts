/**
 * A command as a process whose standard input is a file, as qmail's programs get their message, or a pipe.
 */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { launcher } from '../cli/command.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FileCall {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ids; they count only for root. */
  readonly uid?: number;
}

/** `input`: the path of a file; it is closed to everybody once it is open. */
export function runOnFile(program: string, call: FileCall, input: string): Promise<Ended> {
  const fd = openSync(input, 'r');
  chmodSync(input, 0);
  const ended = start(program, call, fd);
  closeSync(fd);
  return ended;
}

/** `input`: what comes through a pipe. */
export function runOnPipe(program: string, call: FileCall, input: string): Promise<Ended> {
  return start(program, call, Buffer.from(input, 'latin1'));
}

/** A new file, also where an earlier one is closed to everybody. */
export function messageFile(path: string, text: string): string {
  rmSync(path, { force: true });
  writeFileSync(path, text, 'latin1');
  return path;
}

function start(program: string, { args, env = {}, cwd, uid }: FileCall, input: number | Buffer): Promise<Ended> {
  const identity = process.getuid?.() === 0 && uid !== undefined ? { uid, gid: uid } : {};
  const child = spawn(launcher(program), args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: [typeof input === 'number' ? input : 'pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...identity,
  });
  const heard = ['', ''];
  [child.stdout, child.stderr].forEach((stream, n) => {
    stream?.setEncoding('latin1').on('data', (text: string) => {
      heard[n] += text;
    });
  });
  child.stdin?.on('error', () => undefined);
  if (typeof input !== 'number') child.stdin?.end(input);
  return new Promise((settle) => child.once('close', (code) => settle({ code, stdout: heard[0] ?? '', stderr: heard[1] ?? '' })));
}
