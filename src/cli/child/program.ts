/**
 * A program that a command starts, or becomes as far as Node can: it has the call's descriptors and environment, signals
 * are passed on to it, its end is the answer. Arguments and variables keep every octet.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { assignment, exactText } from '../../actors/spawn/octet-shell.js';
import type { ByteString } from '../../protocol/mail.js';
import { codeOf } from '../../store/octet-path.js';
import type { Call } from '../call.js';

/** `unstarted`: there was no such program, or no process (`code` is Node's name of the error). */
export type ProgramEnd =
  | { readonly tag: 'exit'; readonly code: number }
  | { readonly tag: 'crashed'; readonly signal: NodeJS.Signals }
  | { readonly tag: 'unstarted'; readonly code: string };

export interface ProgramOptions {
  /** In place of the call's environment. */
  readonly env?: ReadonlyMap<string, ByteString>;
  /** In place of descriptor 0. When it rejects the program is ended and `runProgram` rejects too. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Octets that it reads on descriptor 3. */
  readonly password?: ByteString;
  /** Whose process it becomes, and where it starts; only root can say so. */
  readonly as?: { readonly uid: number; readonly gid: number };
  readonly cwd?: string;
}

const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGALRM', 'SIGUSR2', 'SIGCONT'] as const;
/** Errors of a start that may be gone at the next try; any other one stays. */
const passing = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ETXTBSY', 'EIO', 'EINTR', 'EBUSY', 'ETIMEDOUT', 'EDEADLK']);

export const startMayWorkLater = (code: string): boolean => passing.has(code);

/** Runs `words[0]`, looked for in PATH, to its end. */
export async function runProgram(call: Call, words: readonly ByteString[], options: ProgramOptions = {}): Promise<ProgramEnd> {
  const { input } = options;
  // Before the start: a signal that comes during it is handled afterwards, when there is somebody to have it.
  const signals = passSignals();
  let child: ChildProcess;
  try {
    child = start(call, words, options);
  } catch (error) {
    // Node throws what it does not know of a start: too long a command line, a NUL in it.
    signals.stop();
    return { tag: 'unstarted', code: codeOf(error) };
  }
  signals.to(child);
  const ended = endOf(child);
  try {
    if (input !== undefined) await feed(child, input);
    return await ended;
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw error;
  } finally {
    signals.stop();
  }
}

function start(call: Call, words: readonly ByteString[], options: ProgramOptions): ChildProcess {
  const { env = call.env, input, password, as = {}, cwd } = options;
  const { file, args, environment } = exactCall(words, env);
  const stdio: ('pipe' | number)[] = [input === undefined ? call.descriptor(0) : 'pipe', call.descriptor(1), call.descriptor(2)];
  if (password !== undefined) stdio.push('pipe');
  const child = spawn(file, args, { env: environment, stdio, ...as, ...(cwd === undefined ? {} : { cwd }) });
  if (password !== undefined) tell(child.stdio[3] as Writable, password);
  return child;
}

/** A program that does not read it says why by its exit code. */
function tell(pipe: Writable | null, octets: ByteString): void {
  pipe?.on('error', () => undefined);
  pipe?.end(octets, 'latin1');
}

/** Node writes words as UTF-8; octets that are none travel through a small shell script of ours, never as shell text. */
function exactCall(
  words: readonly ByteString[],
  env: ReadonlyMap<string, ByteString>,
): { file: string; args: readonly string[]; environment: Record<string, string> } {
  const environment: Record<string, string> = {};
  let script = '';
  for (const [name, value] of env) {
    const text = exactText(value);
    if (text !== undefined) environment[name] = text;
    else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) script += `${assignment(name, value)}export ${name}; `;
  }
  const plain = words.map(exactText);
  if (script === '' && !plain.includes(undefined))
    return { file: plain[0] as string, args: plain.slice(1) as string[], environment };
  const names = words.map((word, index) => {
    script += assignment(`tqmail_${index}`, word);
    return `"$tqmail_${index}"`;
  });
  return { file: '/bin/sh', args: ['-c', `${script}exec ${names.join(' ')}`], environment };
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((settle) => {
    child.once('error', (error) => settle({ tag: 'unstarted', code: codeOf(error) }));
    child.once('exit', (code, signal) => {
      settle(signal === null ? { tag: 'exit', code: code ?? 0 } : { tag: 'crashed', signal });
    });
  });
}

/** A program that reads no further is no fault: its exit code tells. */
async function feed(child: ChildProcess, input: AsyncIterable<Uint8Array>): Promise<void> {
  const pipe = child.stdin;
  if (pipe === null) return;
  let open = true;
  const closed = new Promise<void>((settle) => {
    pipe.once('close', () => {
      open = false;
      settle();
    });
  });
  pipe.on('error', () => pipe.destroy());
  for await (const piece of input) {
    if (!open) return;
    if (!pipe.write(piece)) await Promise.race([closed, new Promise((settle) => pipe.once('drain', settle))]);
  }
  pipe.end();
}

/** Signals to this process go to the program until `stop`. */
function passSignals(): { to(child: ChildProcess): void; stop(): void } {
  let program: ChildProcess | undefined;
  const handlers = passedOn.map((signal) => {
    const handler = (): void => {
      program?.kill(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return {
    to: (child) => {
      program = child;
    },
    stop: () => {
      for (const off of handlers) off();
    },
  };
}

/** The exit code of a command that became this program; undefined when it never ran. */
export function exitCodeOf(end: ProgramEnd): number | undefined {
  if (end.tag === 'unstarted') return undefined;
  return end.tag === 'exit' ? end.code : 128 + constants.signals[end.signal];
}
