/**
 * qmail-inject: completes a message's header and queues it (spec inject.md). What is added is decided by
 * protocol/message; here are descriptors, environment and exit codes.
 */
import { quoteAddress } from '../../protocol/address.js';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import { type Completed, completeAddress, completeHeader, upToNul } from '../../protocol/message/complete.js';
import type { SplitMessage } from '../../protocol/message/header-lines.js';
import type { Rewrite } from '../../protocol/message/rewrite.js';
import { type Call, type Command, complainTo, put } from '../call.js';
import { type InjectEnvironment, injectEnvironment } from './environment.js';
import { messageIn, readHeader, withRest } from './message-in.js';
import { InjectTrouble, type InjectWords, injectWords } from './words.js';

const permanent = 100;
const temporary = 111;

export const run: Command = async (call) => {
  const words = injectWords(call.args);
  try {
    return await inject(call, words);
  } catch (error) {
    if (!(error instanceof InjectTrouble)) throw error;
    // The text of a queue may lack its line feed, as qmail prints it.
    writeStderr(call, `qmail-inject: fatal: ${error.message}`);
    return error.exitCode;
  }
};

async function inject(call: Call, words: InjectWords): Promise<number> {
  const environment = await injectEnvironment(call.home, call.env);
  if ('unreadable' in environment) {
    if (environment.unreadable !== '') complainTo(call, `qmail-inject: ${environment.unreadable}`);
    throw new InjectTrouble(temporary, environment.homeless ? 'internal bug\n' : 'read error\n');
  }
  if ('wrong' in environment) throw cannotParse(environment.wrong);
  const { rewrite } = environment;
  const sender = words.senders.map((address) => senderOption(address, rewrite)).at(-1);
  if (words.wrong !== undefined) {
    complainTo(call, `qmail-inject: ${words.wrong}`);
    return permanent;
  }
  const args = words.recipients === 'h' ? [] : words.args.map((arg) => recipient(arg, rewrite));
  const input = messageIn(call);
  const split = await readHeader(input);
  const completed = complete(split, environment, sender);
  const byHeader = words.recipients === 'h' || words.recipients === 'H' || (words.recipients === 'A' && words.args.length === 0);
  const recipients = byHeader ? [...args, ...completed.recipients] : args;
  const message = withRest(completed.header + split.rest, input);
  if (words.print) await print(call, completed.sender, message);
  else await queue(call, message, { sender: upToNul(completed.sender), recipients: recipients.map(upToNul) });
  return 0;
}

function senderOption(address: ByteString, rewrite: Rewrite): ByteString {
  const completed = completeAddress(address, rewrite);
  if (completed === undefined) throw cannotParse(quoteAddress(address));
  return completed;
}

function cannotParse(line: ByteString): InjectTrouble {
  return new InjectTrouble(permanent, `unable to parse this line:\n${line}`);
}

function recipient(arg: ByteString, rewrite: Rewrite): ByteString {
  const completed = completeAddress(arg, rewrite);
  if (completed === undefined) throw new InjectTrouble(permanent, `unable to parse address: ${arg}\n`);
  return completed;
}

function writeStderr(call: Call, text: ByteString): void {
  try {
    put(call, 2, text);
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

async function print(call: Call, sender: string, message: AsyncIterable<Buffer>): Promise<void> {
  try {
    put(call, 1, `Return-Path: <${quoteAddress(upToNul(sender))}>\n`);
    for await (const piece of message) put(call, 1, piece);
  } catch (error) {
    throw error instanceof InjectTrouble ? error : new InjectTrouble(temporary, 'write error\n');
  }
}

async function queue(call: Call, message: AsyncIterable<Buffer>, envelope: Envelope): Promise<void> {
  const { queueMail } = await import('../queue/queue-mail.js');
  const { text, detail } = await queueMail(call, { message, envelope });
  if (detail !== '') complainTo(call, `qmail-inject: ${detail}`);
  if (text !== '') throw new InjectTrouble(text.startsWith('D') ? permanent : temporary, `${text.slice(1)}\n`);
}
