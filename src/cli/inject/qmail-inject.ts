/**
 * qmail-inject: completes a message's header and queues it (spec inject.md). What is added is decided by
 * protocol/message; here are descriptors, environment and exit codes.
 */
import { createReadStream, writeSync } from 'node:fs';
import { quoteAddress } from '../../protocol/address.js';
import type { Envelope } from '../../protocol/mail.js';
import { type Completed, completeAddress, completeHeader } from '../../protocol/message/complete.js';
import { type SplitMessage, splitHeader } from '../../protocol/message/header-lines.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import { complain } from '../complain.js';
import { homeFolder } from '../home.js';
import { enqueue } from '../queue/enqueue.js';
import { type InjectEnvironment, injectEnvironment, octets } from './environment.js';
import { type InjectWords, injectWords } from './words.js';

const permanent = 100;
const temporary = 111;
/** Octets of a header; beyond it the message is refused. */
const largestHeader = 64 * 1024 * 1024;
const pieceSize = 65_536;

/** Ends the command with a line and an exit code. */
class InjectTrouble extends Error {
  override readonly name = 'InjectTrouble';
  readonly exitCode: number;
  constructor(exitCode: number, text: string) {
    super(text);
    this.exitCode = exitCode;
  }
}

export async function main(args: readonly string[]): Promise<number> {
  const words = injectWords(args);
  if (words === undefined) {
    complain('qmail-inject: usage: qmail-inject [ -nNaAhH ] [ -fsender ] [ recip ... ]');
    return permanent;
  }
  try {
    await inject(words);
    return 0;
  } catch (error) {
    if (!(error instanceof InjectTrouble)) throw error;
    complain(`qmail-inject: fatal: ${error.message}`);
    return error.exitCode;
  }
}

async function inject(words: InjectWords): Promise<void> {
  const home = homeFolder(undefined);
  const environment = await injectEnvironment(home);
  if (environment === undefined) throw new InjectTrouble(temporary, 'unable to read controls');
  const sender = words.sender === undefined ? undefined : address(octets(words.sender), environment);
  const args = words.recipients === 'h' ? [] : words.args.map((arg) => address(octets(arg), environment));
  const input = descriptor(0)[Symbol.asyncIterator]();
  const split = await readHeader(input);
  const completed = complete(split, environment, sender);
  const byHeader = words.recipients === 'h' || words.recipients === 'H' || (words.recipients === 'A' && words.args.length === 0);
  const envelope: Envelope = {
    sender: completed.sender,
    recipients: byHeader ? [...args, ...completed.recipients] : args,
  };
  const message = bodyAfter(completed.header + split.rest, input);
  if (words.print) await print(envelope.sender, message);
  else await queue(home, message, envelope);
}

function address(text: string, { hosts }: InjectEnvironment): string {
  const completed = completeAddress(text, hosts);
  if (completed === undefined) throw new InjectTrouble(permanent, `unable to parse address: ${text}`);
  return completed;
}

function complete(split: SplitMessage, environment: InjectEnvironment, sender: string | undefined): Completed {
  const now = Math.floor(Date.now() / 1000);
  const result = completeHeader(split.fields, { ...environment, sender, now, pid: process.pid });
  if ('tag' in result) throw new InjectTrouble(permanent, `unable to parse this line:\n${result.line.trimEnd()}`);
  return result;
}

type Input = AsyncIterator<Buffer>;

function descriptor(fd: number): AsyncIterable<Buffer> {
  return createReadStream('', { fd, highWaterMark: pieceSize, autoClose: false });
}

async function nextPiece(input: Input): Promise<Buffer | undefined> {
  try {
    const { value, done } = await input.next();
    return done ? undefined : (value as Buffer);
  } catch {
    throw new InjectTrouble(temporary, 'read error');
  }
}

async function readHeader(input: Input): Promise<SplitMessage> {
  let text = '';
  for (;;) {
    const piece = await nextPiece(input);
    if (piece !== undefined) text += piece.toString('latin1');
    const split = splitHeader(text, piece === undefined);
    if (split !== undefined) return split;
    if (text.length > largestHeader) throw new InjectTrouble(permanent, `the header is larger than ${largestHeader} octets`);
  }
}

/** The rest of the message; a missing last line feed is added. */
async function* bodyAfter(front: string, input: Input): AsyncGenerator<Buffer> {
  let piece: Buffer | undefined = Buffer.from(front, 'latin1');
  let last: number | undefined;
  for (; piece !== undefined; piece = await nextPiece(input)) {
    last = piece.at(-1) ?? last;
    yield piece;
  }
  if (last !== undefined && last !== 10) yield Buffer.from('\n');
}

async function print(sender: string, message: AsyncIterable<Buffer>): Promise<void> {
  writeAll(Buffer.from(`Return-Path: <${quoteAddress(sender)}>\n`, 'latin1'));
  for await (const piece of message) writeAll(piece);
}

function writeAll(octetsToWrite: Buffer): void {
  try {
    for (let at = 0; at < octetsToWrite.length; ) at += writeSync(1, octetsToWrite, at);
  } catch {
    throw new InjectTrouble(temporary, 'write error');
  }
}

async function queue(home: string, message: AsyncIterable<Buffer>, envelope: Envelope): Promise<void> {
  const program = process.env.QMAILQUEUE;
  const octetsOfEnvelope = Buffer.from(envelopeText(envelope), 'latin1');
  let text: string;
  if (program !== undefined && program !== '') {
    const { runQueueProgram } = await import('../queue/queue-program.js');
    text = queueText(await runQueueProgram(program, home, { message, envelope: octetsOfEnvelope }));
  } else {
    const verdict = await enqueue(home, async (destination) => {
      for await (const piece of message) {
        await destination.message(piece);
        if (destination.early() !== undefined) break;
      }
      await destination.envelope(octetsOfEnvelope);
      return destination.commit();
    });
    text = queueText({ code: verdict.code, custom: '' });
    if (verdict.text !== '') complain(`qmail-inject: ${verdict.text}`);
  }
  if (text !== '') throw new InjectTrouble(text.startsWith('D') ? permanent : temporary, text.slice(1));
}
