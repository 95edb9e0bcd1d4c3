/**
 * strace on running processes or single threads that lets their nth system call of some kind fail, and tells which it was.
 * Judges nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Ending, openFolder } from '../../support/server-home.js';

export interface TraceOptions {
  /** Processes or, without `follow`, threads. */
  readonly ids: readonly number[];
  /** All threads of the processes, and what they start. */
  readonly follow: boolean;
  readonly calls: readonly string[];
  /** As strace has it: `error=EIO:when=3`; counted for each thread and each call. Nothing: only looked at. */
  readonly inject?: string;
}

/** One system call as strace writes it: thread, then the call with the paths of its descriptors. */
const line = /^(\d+) +(.*)$/;

export interface TracedCall {
  readonly thread: number;
  readonly text: string;
}

/** Resolves once attached, to what detaches and tells the calls. */
export async function trace(ending: Ending, options: TraceOptions): Promise<() => Promise<readonly TracedCall[]>> {
  const { ids, follow, inject } = options;
  // Not every machine has every call.
  const calls = options.calls.map((call) => `?${call}`).join(',');
  const output = join(openFolder(ending), 'calls');
  const strace = spawn(
    'strace',
    [
      ...(follow ? ['-f'] : []),
      ...ids.flatMap((id) => ['-p', String(id)]),
      ...['-y', '-s', '0', '-o', output, '-e', `trace=${calls}`],
      ...(inject === undefined ? [] : ['-e', `inject=${calls}:${inject}`]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const closed = once(strace, 'close');
  const detach = async (): Promise<readonly TracedCall[]> => {
    strace.kill('SIGINT');
    await closed;
    return readCalls(output, follow || ids.length > 1 ? undefined : ids[0]);
  };
  ending.after(() => void strace.kill('SIGINT'));
  let left = ids.length;
  let said = '';
  for await (const text of createInterface({ input: strace.stderr })) {
    if (/attached/.test(text)) left -= 1;
    if (left === 0) return detach;
    said += text;
  }
  throw new Error(`strace did not attach: ${said}`);
}

/** With a single thread strace leaves its number out. */
function readCalls(path: string, thread: number | undefined): TracedCall[] {
  return readFileSync(path, 'latin1')
    .split('\n')
    .flatMap((text) => {
      const [, id, call] = line.exec(text) ?? [];
      if (id !== undefined && call !== undefined) return [{ thread: Number(id), text: call }];
      return thread === undefined || text === '' ? [] : [{ thread, text }];
    });
}

export const wasInjected = ({ text }: TracedCall): boolean => text.endsWith('(INJECTED)');
