/** The options that say which queued messages are meant: --id, --from, --to, --older. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parseAge, type QueueChoice } from '../../protocol/queue-choice.js';
import { CommandTrouble, reason } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';

const text = { type: 'string' } as const;
const choiceOptions = { home: text, id: { type: 'string', multiple: true }, from: text, to: text, older: text } as const;

export interface ChoiceWords {
  readonly home: string;
  /** Undefined when no option names messages. */
  readonly choice: QueueChoice | undefined;
  /** The verb's further options. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Throws CommandTrouble 64 with the usage of `verb`. */
export function choiceWords(
  verb: string,
  args: readonly string[],
  further: NonNullable<ParseArgsConfig['options']> = {},
): ChoiceWords {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...further, ...choiceOptions } });
    const { home, id, from, to, older, ...more } = values as Record<string, unknown> & {
      home?: string;
      id?: string[];
      from?: string;
      to?: string;
      older?: string;
    };
    const choice = { ids: id && idSet(id), from: octets(from), to: octets(to), bornBy: older && Date.now() / 1000 - age(older) };
    const named = Object.values(choice).some((value) => value !== undefined);
    return { home: homeFolder(home), choice: named ? (choice as QueueChoice) : undefined, more };
  } catch (error) {
    throw new CommandTrouble(64, `${verb}: ${reason(error)}\n${usageLine(verb)}`);
  }
}

/** Arguments are UTF-8, addresses in the queue octets. */
const octets = (word: string | undefined): string | undefined =>
  word === undefined ? undefined : Buffer.from(word, 'utf8').toString('latin1');

function idSet(words: readonly string[]): ReadonlySet<number> {
  const ids = words
    .flatMap((word) => word.split(','))
    .map((word) => (/^#?\d{1,15}$/.test(word) ? Number(word.replace('#', '')) : 0));
  if (ids.some((id) => id < 1)) throw new Error(`--id wants numbers of messages, as 17 or 17,18, not ${words.join(' ')}`);
  return new Set(ids);
}

function age(word: string): number {
  const seconds = parseAge(word);
  if (seconds === undefined) throw new Error(`--older wants a time, as 90, 30m, 12h or 7d, not ${word}`);
  return seconds;
}
