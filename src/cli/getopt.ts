/**
 * Command lines as qmail's programs read them: one-letter options that may stand together, values glued or apart,
 * `--` or the first other word ends them.
 */

export interface OptionFound {
  readonly letter: string;
  readonly value: string;
}

export type OptionsRead =
  | { readonly options: readonly OptionFound[]; readonly rest: readonly string[] }
  /** One line for people, without the program's name; the options that stand before it. */
  | { readonly wrong: string; readonly options: readonly OptionFound[] };

/** `alone`: letters without a value; `valued`: letters that need one; `ignored`: letters that count for nothing, with the rest of their word. */
export function readOptions(args: readonly string[], alone: string, valued: string, ignored = ''): OptionsRead {
  const options: OptionFound[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] as string;
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    for (let unit = 1; unit < word.length; unit++) {
      const letter = word[unit] as string;
      if (ignored.includes(letter)) break;
      if (alone.includes(letter)) options.push({ letter, value: '' });
      else if (!valued.includes(letter)) return { wrong: `illegal option -- ${letter}`, options };
      else {
        const value = word.slice(unit + 1) || args[++at];
        if (value === undefined) return { wrong: `option requires an argument -- ${letter}`, options };
        options.push({ letter, value });
        break;
      }
    }
  }
  return { options, rest: args.slice(at) };
}
