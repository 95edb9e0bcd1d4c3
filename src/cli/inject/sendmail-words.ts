/**
 * The command line of `sendmail` as mail programs use it (spec inject.md §6): qmail's own letters, and those of
 * other sendmails that change nothing here. Says what is asked; does nothing.
 */
import type { ByteString } from '../../protocol/mail.js';
import { readOptions } from '../getopt.js';

export interface SendmailWords {
  /** `m`: send; `p`: list the queue; `s`: speak SMTP; `i`: build the aliases. */
  readonly mode: 'm' | 'p' | 's' | 'i';
  /** -t: the header's recipients count, too. */
  readonly fromHeader: boolean;
  readonly sender: ByteString | undefined;
  readonly name: ByteString | undefined;
  readonly args: readonly ByteString[];
}

const usage = 'sendmail: usage: sendmail [ -t ] [ -fsender ] [ -Fname ] [ -bp ] [ -bs ] [ arg ... ]';

/** Accepted without effect: those of qmail (-i -m -v -x), then no alias expansion, gateway and initial submission. */
const noEffect = 'imvxnGU';
/** Accepted with their value, without effect: qmail's (-B -e -o -p), then DSN requests, options, logs, hop counts, labels. */
const noEffectValued = 'BeopNRVOXhCDL';
/** Accepted with the rest of their word. */
const noEffectRest = 'EJAd';
const modes = 'mpsi';

/** The words, or what to say about them, all lines. -r is the old name of -f. */
export function sendmailWords(args: readonly ByteString[]): SendmailWords | { readonly wrong: string } {
  const read = readOptions(args, `t${noEffect}`, `fFbr${noEffectValued}`, noEffectRest);
  if ('wrong' in read) return { wrong: `sendmail: ${read.wrong}\n${usage}` };
  let words: SendmailWords = { mode: 'm', fromHeader: false, sender: undefined, name: undefined, args: read.rest };
  for (const { letter, value } of read.options) {
    if (letter === 't') words = { ...words, fromHeader: true };
    else if (letter === 'f' || letter === 'r') words = { ...words, sender: value };
    else if (letter === 'F') words = { ...words, name: value };
    else if (letter === 'b') {
      if (value.length !== 1 || !modes.includes(value)) return { wrong: usage };
      words = { ...words, mode: value as SendmailWords['mode'] };
    }
  }
  return words;
}
