/**
 * qmail-inject: completes a message's header and queues it (spec inject.md). What is added is decided by
 * protocol/message; here are descriptors, environment and exit codes.
 */
import { createReadStream, writeSync } from 'node:fs';
import { quoteAddress } from '../../protocol/address.js';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { type Completed, completeAddress, completeHeader } from '../../protocol/message/complete.js';
import { type SplitMessage, splitHeader } from '../../protocol/message/header-lines.js';
import type { Rewrite } from '../../protocol/message/rewrite.js';
import { envelopeText } from '../../protocol/queue-envelope.js';
import { queueText } from '../../protocol/queue-verdict.js';
import { complain } from '../complain.js';
import { type OptionFound, readOptions } from '../getopt.js';
import { homeFolder } from '../home.js';
import { octetArguments, octetEnvironment } from '../octets.js';
import { enqueue } from '../queue/enqueue.js';
import { type InjectEnvironment, injectEnvironment, type Variables } from './environment.js';

const permanent = 100;
const temporary = 111;
/** Octets of a header; beyond it the message is refused. */
const largestHeader = 64 * 1024 * 1024;
const pieceSize = 65_536;

/** The command line (spec inject.md §1). */
interface InjectWords {
  /** Which recipients count: `a` arguments, `h` header, `H` both, `A` arguments if any, else the header. */
  readonly recipients: 'a' | 'h' | 'H' | 'A';
  /** -n: print instead of queueing. */
  readonly print: boolean;
  readonly sender: ByteString | undefined;
  readonly args: readonly ByteString[];
}

/** Ends the command with a text on stderr, its line feed included, and an exit code. */
class InjectTrouble extends Error {
  override readonly name = 'InjectTrouble';
  readonly exitCode: number;
  constructor(exitCode: number, text: string) {
    super(text);
    this.exitCode = exitCode;
  }
}

export function main(args: readonly string[]): Promise<number> {
  return injectMain(octetArguments(args), octetEnvironment());
}

/** qmail-inject with these words and variables, both as octets. */
export async function injectMain(args: readonly ByteString[], variables: Variables): Promise<number> {
  const read = readOptions(args, 'aAhHnN', 'f');
  if ('wrong' in read) {
    complain(`qmail-inject: ${read.wrong}`);
    return permanent;
  }
  try {
    await inject(injectWords(read.options, read.rest), variables);
    return 0;
  } catch (error) {
    if (!(error instanceof InjectTrouble)) throw error;
    writeStderr(`qmail-inject: fatal: ${error.message}`);
    return error.exitCode;
  }
}

function injectWords(options: readonly OptionFound[], args: readonly ByteString[]): InjectWords {
  let words: InjectWords = { recipients: 'A', print: false, sender: undefined, args };
  for (const { letter, value } of options) {
    if (letter === 'f') words = { ...words, sender: value };
    else if (letter === 'n' || letter === 'N') words = { ...words, print: letter === 'n' };
    else words = { ...words, recipients: letter as InjectWords['recipients'] };
  }
  return words;
}

async function inject(words: InjectWords, variables: Variables): Promise<void> {
  const home = homeFolder(undefined);
  const environment = await injectEnvironment(home, variables);
  if ('unreadable' in environment) throw new InjectTrouble(temporary, 'unable to read controls\n');
  if ('wrong' in environment) throw cannotParse(environment.wrong);
  const { rewrite } = environment;
  const sender = words.sender === undefined ? undefined : completeAddress(words.sender, rewrite);
  if (sender === undefined && words.sender !== undefined) throw cannotParse(words.sender);
  const args = words.recipients === 'h' ? [] : words.args.map((arg) => recipient(arg, rewrite));
  const input = descriptor(0)[Symbol.asyncIterator]();
  const split = await readHeader(input);
  const completed = complete(split, environment, sender);
  const byHeader = words.recipients === 'h' || words.recipients === 'H' || (words.recipients === 'A' && words.args.length === 0);
  const recipients = byHeader ? [...args, ...completed.recipients] : args;
  const envelope: Envelope = { sender: upToNul(completed.sender), recipients: recipients.map(upToNul) };
  const message = bodyAfter(completed.header + split.rest, input);
  if (words.print) await print(completed.sender, message);
  else await queue(home, message, envelope);
}

/** A NUL ends an address in the envelope's form. */
function upToNul(address: ByteString): ByteString {
  const end = address.indexOf('\0');
  return end < 0 ? address : address.slice(0, end);
}

function cannotParse(line: ByteString): InjectTrouble {
  return new InjectTrouble(permanent, `unable to parse this line:\n${line}`);
}

function recipient(arg: ByteString, rewrite: Rewrite): ByteString {
  const completed = completeAddress(arg, rewrite);
  if (completed === undefined) throw new InjectTrouble(permanent, `unable to parse address: ${arg}\n`);
  return completed;
}

function writeStderr(text: ByteString): void {
  try {
    writeSync(2, Buffer.from(text, 'latin1'));
  } catch {
    // The exit code still tells.
  }
}

function complete(split: SplitMessage, environment: InjectEnvironment, sender: string | undefined): Completed {
  const now = Math.floor(Date.now() / 1000);
  const result = completeHeader(split.fields, { ...environment, sender, now, pid: process.pid });
  if ('tag' in result) throw cannotParse(result.line);
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
    throw new InjectTrouble(temporary, 'read error\n');
  }
}

async function readHeader(input: Input): Promise<SplitMessage> {
  let text = '';
  for (;;) {
    const piece = await nextPiece(input);
    if (piece !== undefined) text += piece.toString('latin1');
    const split = splitHeader(text, piece === undefined);
    if (split !== undefined) return split;
    if (text.length > largestHeader) throw new InjectTrouble(permanent, `the header is larger than ${largestHeader} octets\n`);
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
    throw new InjectTrouble(temporary, 'write error\n');
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
  if (text !== '') throw new InjectTrouble(text.startsWith('D') ? permanent : temporary, `${text.slice(1)}\n`);
}
