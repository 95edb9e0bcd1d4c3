/**
 * A message into the queue, from a command of a .qmail file: through $QMAILQUEUE, else through qmail-queue, which gets
 * it on descriptors 0 and 1 (spec queue.md §1).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { type QueueEnd, queueText } from '../../protocol/queue-verdict.js';
import type { Call } from '../call.js';
import { sibling } from './sibling.js';

const mostCustom = 4096;
const cannotRun = 120;

export interface QueueAnswer {
  /** Empty: queued. Else `D` (never) or `Z` (not now) and the text. */
  readonly text: ByteString;
  /** Number of the queue's process. */
  readonly qp: number;
}

/** Rejects only when `message` does: the queue then got no envelope, and keeps nothing. */
export async function queueMessage(call: Call, message: AsyncIterable<Uint8Array>, envelope: Envelope): Promise<QueueAnswer> {
  const named = call.env.get('QMAILQUEUE') ?? '';
  const program = Buffer.from(named === '' ? sibling(call, 'qmail-queue') : named, 'latin1').toString('utf8');
  const env: Record<string, string> = { QMAILHOME: call.home };
  for (const [name, value] of call.env) env[name] ??= Buffer.from(value, 'latin1').toString('utf8');
  const child = spawn(program, [], {
    cwd: call.home,
    env,
    stdio: ['pipe', 'pipe', call.descriptor(2), 'ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = endOf(child);
  try {
    await writePieces(child.stdin, message, ended);
    (child.stdout as unknown as Writable | null)?.end(Buffer.from(envelopeText(envelope), 'latin1'));
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw error;
  }
  return { text: queueText(await ended), qp: child.pid ?? 0 };
}

function endOf(child: ChildProcess): Promise<QueueEnd> {
  let custom = '';
  const text = (child.stdio as readonly unknown[])[6] as Readable | undefined;
  text?.setEncoding('latin1').on('data', (piece: string) => {
    if (custom.length < mostCustom) custom += piece;
  });
  for (const stream of [child.stdin, child.stdout]) stream?.on('error', () => undefined);
  // Nothing is read from it, but its end must be noticed.
  child.stdout?.resume();
  return new Promise((settle) => {
    child.once('error', () => settle({ code: cannotRun, custom: '' }));
    child.once('close', (code, signal) => settle({ code: signal === null ? (code ?? cannotRun) : undefined, custom }));
  });
}

async function writePieces(pipe: Writable | null, message: AsyncIterable<Uint8Array>, ended: Promise<unknown>): Promise<void> {
  if (pipe === null) return;
  let over = false;
  const stop = ended.then(() => {
    over = true;
  });
  for await (const piece of message) {
    if (over || pipe.destroyed) return;
    if (!pipe.write(piece)) await Promise.race([stop, new Promise((settle) => pipe.once('drain', settle))]);
  }
  pipe.end();
}
