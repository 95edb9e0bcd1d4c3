/**
 * `sendmail`: the command line that old programs know, in front of qmail-inject (spec inject.md §6).
 */
import { basename } from 'node:path';
import { complain } from '../complain.js';
import { main as injectMain } from './qmail-inject.js';

const usageCode = 100;
const usage = 'sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]';

interface SendmailWords {
  readonly mode: 'm' | 'p' | 's';
  readonly fromHeader: boolean;
  readonly sender: string | undefined;
  readonly name: string | undefined;
  readonly args: readonly string[];
}

export async function main(args: readonly string[]): Promise<number> {
  const called = basename(process.argv[1] ?? 'sendmail');
  if (called === 'newaliases') {
    complain('sendmail: fatal: please use fastforward/newaliases instead');
    return usageCode;
  }
  const words = sendmailWords(args);
  if (words === undefined) {
    complain(usage);
    return usageCode;
  }
  if (called === 'mailq' || words.mode === 'p') {
    return (await import('../control/queue.js')).main([]);
  }
  if (words.mode === 's') {
    complain('sendmail: fatal: -bs is not there; give the message on standard input');
    return usageCode;
  }
  if (words.name !== undefined) process.env.MAILNAME = words.name;
  if (words.sender !== undefined) authorIs(words.sender);
  const sender = words.sender === undefined ? [] : ['-f', words.sender];
  return injectMain([words.fromHeader ? '-H' : '-a', ...sender, '--', ...words.args]);
}

/** -f says who wrote it, too. */
function authorIs(sender: string): void {
  for (const name of ['QMAILNAME', 'MAILNAME', 'NAME', 'QMAILHOST', 'MAILHOST']) delete process.env[name];
  const at = sender.lastIndexOf('@');
  process.env.QMAILUSER = at < 0 ? sender : sender.slice(0, at);
  if (at >= 0) process.env.QMAILHOST = sender.slice(at + 1);
}

const alone = 'vimx';
/** These take the rest of their word. */
const withRest = 'epBoEJ';

function sendmailWords(args: readonly string[]): SendmailWords | undefined {
  let mode: SendmailWords['mode'] = 'm';
  let fromHeader = false;
  let sender: string | undefined;
  let name: string | undefined;
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] as string;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    for (let letter = 1; letter < word.length; letter++) {
      const option = word[letter] as string;
      if (option === 't') fromHeader = true;
      else if (alone.includes(option)) continue;
      else if (withRest.includes(option)) break;
      else if (option !== 'f' && option !== 'F' && option !== 'b') return undefined;
      else {
        const value = word.slice(letter + 1) || args[++at];
        if (value === undefined) return undefined;
        if (option === 'f') sender = value;
        else if (option === 'F') name = value;
        else if (value === 'm' || value === 'p' || value === 's') mode = value;
        else return undefined;
        break;
      }
    }
  }
  return { mode, fromHeader, sender, name, args: args.slice(at) };
}
