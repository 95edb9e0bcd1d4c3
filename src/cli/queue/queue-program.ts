/**
 * `$QMAILQUEUE`: another program in place of the queue. It gets the message on descriptor 0 and the envelope on
 * descriptor 1, and may write its own text to descriptor 6 (spec queue.md §1.1, §1.3).
 */
import { spawn } from 'node:child_process';
import type { Duplex, Writable } from 'node:stream';
import type { QueueEnd } from '../../protocol/queue-verdict.js';
import type { Call } from '../call.js';
import { textEnvironment } from '../octets.js';

const mostCustom = 4096;
const cannotRun = 120;

export interface QueueInput {
  readonly message: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** In qmail-queue's form. */
  readonly envelope: Uint8Array;
}

/**
 * Runs the program in the call's home, with its environment and descriptor 2. Never rejects but when `message` does:
 * the program then gets no envelope.
 */
export async function runQueueProgram(call: Call, program: string, input: QueueInput): Promise<QueueEnd> {
  const child = spawn(program, [], {
    cwd: call.home,
    env: textEnvironment(call.env),
    stdio: ['pipe', 'pipe', call.descriptor(2), 'ignore', 'ignore', 'ignore', 'pipe'],
  });
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
  return ended;
}
