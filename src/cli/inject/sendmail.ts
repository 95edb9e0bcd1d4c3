/**
 * `sendmail`: the command line that old programs know, in front of qmail-inject (spec inject.md §6). Called `mailq`
 * it lists the queue; called `newaliases` it names the program that builds aliases.
 */
import type { ByteString } from '../../protocol/mail.js';
import { type Call, type Command, calledName, complainTo } from '../call.js';
import { run as inject } from './qmail-inject.js';
import { sendmailWords } from './sendmail-words.js';

const usageCode = 100;

export const run: Command = async (call) => {
  const called = calledName(call);
  const words = sendmailWords(call.args);
  if ('wrong' in words) {
    complainTo(call, words.wrong);
    return usageCode;
  }
  if (words.mode === 's') return (await import('./speak-smtp.js')).run({ ...call, args: [] });
  if (called === 'mailq' || words.mode === 'p') return (await import('../reports/qmail-qread.js')).run({ ...call, args: [] });
  if (called === 'newaliases') return noAliases(call);
  const env = new Map(call.env);
  if (words.name !== undefined) env.set('MAILNAME', words.name);
  if (words.sender !== undefined) authorIs(words.sender, env);
  const sender = words.sender === undefined ? [] : ['-f', words.sender];
  return inject({ ...call, args: [words.fromHeader ? '-H' : '-a', ...sender, '--', ...words.args], env });
};

function noAliases(call: Call): number {
  complainTo(call, 'sendmail: fatal: please use fastforward/newaliases instead');
  return usageCode;
}

/** -f says who wrote it, too. */
function authorIs(sender: ByteString, env: Map<string, ByteString>): void {
  for (const name of ['QMAILNAME', 'MAILNAME', 'NAME', 'QMAILHOST', 'MAILHOST']) env.delete(name);
  const at = sender.lastIndexOf('@');
  env.set('QMAILUSER', at < 0 ? sender : sender.slice(0, at));
  if (at >= 0) env.set('QMAILHOST', sender.slice(at + 1));
}
