/**
 * The command line of qmail-inject (spec inject.md §1).
 */

export interface InjectWords {
  /** Which recipients count: `a` arguments, `h` header, `H` both, `A` arguments if any, else the header. */
  readonly recipients: 'a' | 'h' | 'H' | 'A';
  /** -n: print instead of queueing. */
  readonly print: boolean;
  readonly sender: string | undefined;
  readonly args: readonly string[];
}

/** Undefined for an option that qmail-inject does not know. Letters may stand together; `--` ends the options. */
export function injectWords(args: readonly string[]): InjectWords | undefined {
  let recipients: InjectWords['recipients'] = 'A';
  let print = false;
  let sender: string | undefined;
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
      if (option === 'a' || option === 'A' || option === 'h' || option === 'H') recipients = option;
      else if (option === 'n' || option === 'N') print = option === 'n';
      else if (option === 'f') {
        const rest = word.slice(letter + 1);
        sender = rest !== '' ? rest : args[++at];
        if (sender === undefined) return undefined;
        break;
      } else return undefined;
    }
  }
  return { recipients, print, sender, args: args.slice(at) };
}
