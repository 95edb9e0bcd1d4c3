/**
 * `$QMAILQUEUE`: another program in place of the queue. It gets the message on descriptor 0 and the envelope on
 * descriptor 1, and may write its own text to descriptor 6 (spec queue.md §1.1, §1.3).
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Duplex, Writable } from 'node:stream';
import type { ByteString } from '../../protocol/mail.js';
import type { QueueEnd } from '../../protocol/queue-verdict.js';

const mostCustom = 4096;
const cannotRun = 120;

export interface QueueInput {
  readonly message: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** In qmail-queue's form. */
  readonly envelope: Uint8Array;
}

/** What the program gets from its caller; absent: what this process has. */
export interface QueueCaller {
  /** Values as octets. */
  readonly env: Readonly<Record<string, ByteString>>;
  /** Its error output. */
  readonly err: number;
}

const asText = (octets: ByteString): string => Buffer.from(octets, 'latin1').toString('utf8');

function start(program: ByteString, home: string, caller: QueueCaller | undefined): ChildProcess {
  // A replacement needs no home of ours.
  const cwd = existsSync(home) ? home : '/';
  const stdio: StdioOptions = ['pipe', 'pipe', caller?.err ?? 'inherit', 'ignore', 'ignore', 'ignore', 'pipe'];
  if (caller === undefined) return spawn(program, [], { cwd, stdio });
  const env = Object.fromEntries(Object.entries(caller.env).map(([name, value]) => [name, asText(value)]));
  return spawn(asText(program), [], { cwd, stdio, env });
}

/**
 * Runs the program in `home`; `pid` is 0 when it could not be started. Never rejects but when `message` does: the
 * program then gets no envelope.
 */
export async function runQueueProgram(
  program: string,
  home: string,
  input: QueueInput,
  caller?: QueueCaller,
): Promise<QueueEnd & { readonly pid: number }> {
  const child = start(program, home, caller);
  let custom = '';
  const custom6 = (child.stdio as readonly unknown[])[6] as Duplex | undefined;
  custom6?.setEncoding('latin1').on('data', (text: string) => {
    if (custom.length < mostCustom) custom += text;
  });
  const ended = new Promise<QueueEnd>((settle) => {
    child.once('error', () => settle({ code: cannotRun, custom: '' }));
    child.once('close', (code, signal) => settle({ code: signal === null ? (code ?? cannotRun) : undefined, custom }));
  });
  const message = child.stdin as Writable;
  const envelope = child.stdout as unknown as Writable;
  for (const stream of [message, envelope]) stream.on('error', () => undefined);
  // Nothing is read from it, but its end must be noticed.
  child.stdout?.resume();
  let over = false;
  void ended.then(() => {
    over = true;
  });
  try {
    for await (const chunk of input.message) {
      if (over || message.destroyed) break;
      if (!message.write(chunk)) await Promise.race([ended, new Promise((settle) => message.once('drain', settle))]);
    }
    message.end();
    envelope.end(input.envelope);
  } catch (error) {
    message.destroy();
    envelope.destroy();
    await ended;
    throw error;
  }
  return { ...(await ended), pid: child.pid ?? 0 };
}
