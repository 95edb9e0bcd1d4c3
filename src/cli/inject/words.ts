/**
 * The command line of qmail-inject (spec inject.md §1), and how a submission command says that it cannot go on.
 */
import type { ByteString } from '../../protocol/mail.js';
import { readOptions } from '../getopt.js';

export interface InjectWords {
  /** Which recipients count: `a` arguments, `h` header, `H` both, `A` arguments if any, else the header. */
  readonly recipients: 'a' | 'h' | 'H' | 'A';
  /** -n: print instead of queueing. */
  readonly print: boolean;
  /** Of -f, in order: each must be an address, the last counts. */
  readonly senders: readonly ByteString[];
  /** What is wrong with the line; what stands before it counts first, as in qmail. */
  readonly wrong: string | undefined;
  readonly args: readonly ByteString[];
}

/** Ends the command with a text on stderr, its line feed included, and an exit code. */
export class InjectTrouble extends Error {
  override readonly name = 'InjectTrouble';
  readonly exitCode: number;
  constructor(exitCode: number, text: string) {
    super(text);
    this.exitCode = exitCode;
  }
}

/** The last of contrary options counts. A wrong line is told without the program's name. */
export function injectWords(args: readonly ByteString[]): InjectWords {
  const read = readOptions(args, 'aAhHnN', 'f');
  const rest = 'wrong' in read ? [] : read.rest;
  const wrong = 'wrong' in read ? read.wrong : undefined;
  let words: InjectWords = { recipients: 'A', print: false, senders: [], wrong, args: rest };
  for (const { letter, value } of read.options) {
    if (letter === 'f') words = { ...words, senders: [...words.senders, value] };
    else if (letter === 'n' || letter === 'N') words = { ...words, print: letter === 'n' };
    else words = { ...words, recipients: letter as InjectWords['recipients'] };
  }
  return words;
}
