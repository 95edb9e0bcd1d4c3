/**
 * The command line of `sendmail` as mail programs use it (spec inject.md §6): qmail's own letters, and those of
 * other sendmails that change nothing here. Says what is asked; does nothing.
 */
import type { ByteString } from '../../protocol/mail.js';
import { readOptions } from '../getopt.js';

export interface SendmailWords {
  /** `m`: send; `p`: list the queue; `s`: speak SMTP. */
  readonly mode: 'm' | 'p' | 's';
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
/** The words, or what to say about them, all lines. -r is the old name of -f; after -bp and -bs nothing else is read. */
export function sendmailWords(args: readonly ByteString[]): SendmailWords | { readonly wrong: string } {
  const read = readOptions(args, `t${noEffect}`, `fFbr${noEffectValued}`, noEffectRest);
  const rest = 'wrong' in read ? [] : read.rest;
  let words: SendmailWords = { mode: 'm', fromHeader: false, sender: undefined, name: undefined, args: rest };
  for (const { letter, value } of read.options) {
    if (letter === 't') words = { ...words, fromHeader: true };
    else if (letter === 'f' || letter === 'r') words = { ...words, sender: value };
    else if (letter === 'F') words = { ...words, name: value };
    else if (letter === 'b') {
      const [mode] = value;
      if (mode === 'p' || mode === 's') return { ...words, mode };
      if (mode !== 'm') return { wrong: usage };
    }
  }
  return 'wrong' in read ? { wrong: `sendmail: ${read.wrong}\n${usage}` } : words;
}
