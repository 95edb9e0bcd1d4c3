/**
 * `sendmail`: the command line that old programs know, in front of qmail-inject (spec inject.md §6).
 */
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteString } from '../../protocol/mail.js';
import { complain } from '../complain.js';
import { readOptions } from '../getopt.js';
import { octetArguments, octetEnvironment } from '../octets.js';
import { injectMain } from './qmail-inject.js';

const usageCode = 100;
const temporary = 111;
const usage = 'sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]';

interface SendmailWords {
  readonly mode: 'm' | 'p' | 's';
  readonly fromHeader: boolean;
  readonly sender: ByteString | undefined;
  readonly name: ByteString | undefined;
  readonly args: readonly ByteString[];
}

export async function main(argv: readonly string[]): Promise<number> {
  const called = basename(process.argv[1] ?? 'sendmail');
  if (called === 'newaliases') {
    complain('sendmail: fatal: please use fastforward/newaliases instead');
    return usageCode;
  }
  const args = octetArguments(argv);
  const variables = octetEnvironment();
  const words = sendmailWords(args);
  if (typeof words === 'string') {
    complain(words);
    return usageCode;
  }
  if (called === 'mailq' || words.mode === 'p') return (await import('../control/queue.js')).main([]);
  if (words.mode === 's') return speakSmtp();
  if (words.name !== undefined) variables.set('MAILNAME', words.name);
  if (words.sender !== undefined) authorIs(words.sender, variables);
  const sender = words.sender === undefined ? [] : ['-f', words.sender];
  return injectMain([words.fromHeader ? '-H' : '-a', ...sender, '--', ...words.args], variables);
}

/** -f says who wrote it, too. */
function authorIs(sender: ByteString, variables: Map<string, ByteString>): void {
  for (const name of ['QMAILNAME', 'MAILNAME', 'NAME', 'QMAILHOST', 'MAILHOST']) variables.delete(name);
  const at = sender.lastIndexOf('@');
  variables.set('QMAILUSER', at < 0 ? sender : sender.slice(0, at));
  if (at >= 0) variables.set('QMAILHOST', sender.slice(at + 1));
}

/** -bs: qmail-smtpd on descriptors 0 and 1, for the one who called and may relay. */
function speakSmtp(): Promise<number> {
  const program = fileURLToPath(new URL('../../../../bin/qmail-smtpd', import.meta.url));
  const client = {
    PROTO: 'TCP',
    TCPLOCALIP: '127.0.0.1',
    TCPLOCALHOST: 'localhost',
    TCPREMOTEIP: '127.0.0.1',
    TCPREMOTEHOST: 'localhost',
    TCPREMOTEINFO: 'sendmail-bs',
  };
  const env = { ...process.env, RELAYCLIENT: '', DATABYTES: '0', ...(process.env.PROTO === undefined ? client : {}) };
  const child = spawn(program, [], { stdio: 'inherit', env });
  return new Promise((settle) => {
    child.once('error', (error) => {
      complain(`sendmail: fatal: unable to run ${program}: ${error.message}`);
      settle(temporary);
    });
    child.once('exit', (code) => settle(code ?? temporary));
  });
}

/** Letters that are accepted and do nothing; the second group takes the rest of its word. */
const ignored = 'vimx';
const ignoredWithRest = 'epBoEJ';

/** The words, or what to say about them. */
function sendmailWords(args: readonly ByteString[]): SendmailWords | string {
  const read = readOptions(args, `t${ignored}`, 'fFb', ignoredWithRest);
  if ('wrong' in read) return `sendmail: ${read.wrong}\n${usage}`;
  let words: SendmailWords = { mode: 'm', fromHeader: false, sender: undefined, name: undefined, args: read.rest };
  for (const { letter, value } of read.options) {
    if (letter === 't') words = { ...words, fromHeader: true };
    else if (letter === 'f') words = { ...words, sender: value };
    else if (letter === 'F') words = { ...words, name: value };
    else if (letter === 'b') {
      if (value !== 'm' && value !== 'p' && value !== 's') return usage;
      words = { ...words, mode: value };
    }
  }
  return words;
}
