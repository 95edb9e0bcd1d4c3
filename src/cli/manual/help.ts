/**
 * The words of help: of all verbs, of one, and the usage line that goes with a mistake. Nothing is printed here.
 */
import { loadVerbs } from './load-verbs.js';
import { queueVerbs } from './queue-verbs.js';
import { serverVerbs } from './server-verbs.js';
import type { Verb, VerbOption } from './verb.js';

const groups = ['home', 'server', 'queue', 'log and load', 'help'] as const;

/** Every verb, grouped, in the order of help. */
export const verbRows: readonly Verb[] = groups.flatMap((group) =>
  [...serverVerbs, ...queueVerbs, ...loadVerbs].filter((verb) => verb.group === group),
);

export const verbNamed = (name: string): Verb | undefined => verbRows.find((verb) => verb.name === name);

/** More octets of choices than these are told in the text instead. */
const mostChoices = 30;

/** Undefined where they are too many for the word itself. */
const shortChoices = ({ choices }: VerbOption): string | undefined => {
  const words = choices?.join('|');
  return words !== undefined && words.length <= mostChoices ? words : undefined;
};

export const optionWords = (option: VerbOption): string =>
  `--${option.name}${option.value === undefined ? '' : ` ${shortChoices(option) ?? option.value}`}`;

/** What is said about it, with its choices when its words have them not. */
export const optionText = (option: VerbOption): string =>
  option.choices === undefined || shortChoices(option) !== undefined
    ? option.text
    : `${option.text}; ${option.choices.join(', ')}`;

/** More options than these are not in a synopsis one by one. */
const mostInLine = 6;

/** `tqmail VERB OPERAND --needed X [--other Y]`, or `[options]` where there are many. */
export function synopsis({ name, operand, options }: Verb): string {
  const needed = options.filter((option) => option.needed === true).map(optionWords);
  const others = options.filter((option) => option.needed !== true).map((option) => `[${optionWords(option)}]`);
  const words = [...needed, ...(others.length > mostInLine ? ['[options]'] : others)];
  return ['tqmail', name, ...(operand === undefined ? [] : [operand]), ...words].join(' ');
}

/** `usage: …` for the verb of that name. Throws when there is none: a mistake of the program. */
export function usageLine(name: string): string {
  const verb = verbNamed(name);
  if (verb === undefined) throw new Error(`no row for the verb ${name}`);
  return `usage: ${synopsis(verb)}${verb.options.length > mostInLine ? `; options: tqmail ${name} --help` : ''}`;
}

const pair = (left: string, text: string, width: number): string =>
  left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${text}` : `  ${left.padEnd(width)}  ${text}`;

const widest = 100;

/** Lines of at most that many characters, words whole. */
function broken(text: string): string {
  let line = 0;
  return text
    .split(' ')
    .map((word) => {
      line += word.length + 1;
      if (line === word.length + 1) return word;
      if (line - 1 <= widest) return ` ${word}`;
      line = word.length + 1;
      return `\n${word}`;
    })
    .join('');
}

/** All about one verb. */
export function verbHelp(verb: Verb): string {
  const width = Math.min(20, Math.max(0, ...verb.options.map((option) => optionWords(option).length)));
  return [
    `usage: ${synopsis(verb)}`,
    `${verb.name}: ${verb.summary}`,
    ...verb.options.map((option) => pair(optionWords(option), optionText(option), width)),
    ...[...verb.about, `Exit: ${verb.exits.map(([code, text]) => `${code} ${text}`).join('; ')}.`].map(broken),
  ].join('\n');
}

/** What `tqmail help` says. */
export function overview(): string {
  const short = ({ name, operand, options }: Verb): string =>
    [name, ...(operand === undefined ? [] : [operand]), ...options.filter(({ needed }) => needed).map(optionWords)].join(' ');
  const width = Math.max(...verbRows.map((verb) => short(verb).length));
  const lines = groups.flatMap((group) => [
    `${group}:`,
    ...verbRows.filter((verb) => verb.group === group).map((verb) => pair(short(verb), verb.summary, width)),
  ]);
  return [
    'usage: tqmail VERB [options]',
    ...lines,
    'Options and exit codes of a verb: tqmail VERB --help',
    'The home is --home DIR, else $QMAILHOME, else HOME when called as HOME/bin/tqmail, else /var/qmail.',
  ].join('\n');
}
