/**
 * One call of a command: its arguments, environment and descriptors, as octets. Commands take them from here alone,
 * never from `process`, so that the same code answers as a process of its own and inside a process that runs
 * one call after another (the runner of recorded cases).
 */
import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { ByteString } from '../protocol/mail.js';
import { homeFolder } from './home.js';
import { octetArguments, octetEnvironment } from './octets.js';

export interface Call {
  /** The command as it was called, links not followed; `basename` of it is the name that some commands look at. */
  readonly path: string;
  /** Without the name. */
  readonly args: readonly ByteString[];
  /** The whole environment. */
  readonly env: ReadonlyMap<string, ByteString>;
  /** Absolute path of qmail's home for this call (see home.ts). */
  readonly home: string;
  /** Octets that come before those of descriptor 0: a command that runs another one within this process puts them there. */
  readonly front?: ByteString;
  /** The open descriptor of this process that plays descriptor `n` of the call. */
  descriptor(n: number): number;
}

/** What an entry under src/cli exports for `bin/NAME`: the exit code, after everything is written. */
export type Command = (call: Call) => Promise<number>;

/** The call that this process is. */
export function processCall(): Call {
  const path = process.argv[1] ?? '';
  return {
    path,
    args: octetArguments(process.argv.slice(2)),
    env: octetEnvironment(),
    home: homeFolder(undefined, path),
    descriptor: (n) => n,
  };
}

export const calledName = (call: Call): string => basename(call.path);

/**
 * Writes octets to descriptor `n` of the call, all of them, before it returns. A descriptor that does not block is
 * tried again until it takes them; throws when nobody reads any more (EPIPE) or the descriptor is closed.
 */
export function put(call: Call, n: number, octets: ByteString | Uint8Array): void {
  const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
  let from = 0;
  while (from < bytes.length) {
    try {
      from += writeSync(call.descriptor(n), bytes, from);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** One line on descriptor 2; a closed one is no reason to fail. */
export function complainTo(call: Call, line: ByteString): void {
  try {
    put(call, 2, `${line}\n`);
  } catch {
    // Nobody listens; the exit code still tells.
  }
}
