/**
 * Completion for bash, zsh and fish, made of the rows of the verbs. The texts are programs for these shells: they only
 * read words and offer others. Pure.
 */
import { verbRows } from './help.js';
import type { Verb, VerbOption } from './verb.js';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export const isShell = (word: string | undefined): word is Shell => shells.some((shell) => shell === word);

/** What may follow an option or stand as operand. */
type Wanted = 'folder' | 'file' | 'verb' | 'shell' | 'nothing' | readonly string[];

function wantedBy(value: string | undefined, choices?: readonly string[]): Wanted {
  if (choices !== undefined) return choices;
  const words: Readonly<Record<string, Wanted>> = { DIR: 'folder', FILE: 'file', VERB: 'verb', SHELL: 'shell' };
  return words[value?.replace(/[^A-Z]/g, '') ?? ''] ?? 'nothing';
}

const names = verbRows.map(({ name }) => name).join(' ');

/** A shell word that holds any text. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bashWords(wanted: Wanted): string {
  if (wanted === 'folder') return '-d';
  if (wanted === 'file') return '-f';
  if (wanted === 'verb') return `-W ${quoted(names)}`;
  if (wanted === 'shell') return `-W ${quoted(shells.join(' '))}`;
  return wanted === 'nothing' ? "-W ''" : `-W ${quoted(wanted.join(' '))}`;
}

function bashVerb({ name, operand, options }: Verb): string {
  const valued = options.filter(({ value }) => value !== undefined);
  const cases = valued.map((one) => `        --${one.name}) wanted=(${bashWords(wantedBy(one.value, one.choices))}) ;;`);
  const flags = [...options.map((one) => `--${one.name}`), '--help'].join(' ');
  return [
    `    ${name})`,
    '      case $before in',
    ...cases,
    `        *) if [[ $now == -* ]]; then wanted=(-W ${quoted(flags)}); else wanted=(${bashWords(wantedBy(operand))}); fi ;;`,
    '      esac ;;',
  ].join('\n');
}

const bash = (): string =>
  `# Completion of tqmail for bash. Made by: tqmail completion bash
_tqmail() {
  local now=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} wanted=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W ${quoted(names)} -- "$now")
    return
  fi
  case \${COMP_WORDS[1]} in
${verbRows.map(bashVerb).join('\n')}
    *) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen "\${wanted[@]}" -- "$now")
}
complete -o filenames -F _tqmail tqmail
`;

function zshAction(wanted: Wanted): string {
  if (wanted === 'folder') return '_files -/';
  if (wanted === 'file') return '_files';
  if (wanted === 'verb') return `(${names})`;
  if (wanted === 'shell') return `(${shells.join(' ')})`;
  return wanted === 'nothing' ? ' ' : `(${wanted.join(' ')})`;
}

/** `[`, `]` and `:` mean something in a specification of _arguments. */
const zshText = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');

function zshVerb({ name, operand, options }: Verb): string {
  const specs = options.map(
    ({ name: option, value, choices, text }) =>
      `--${option}[${zshText(text)}]${value === undefined ? '' : `:${value}:${zshAction(wantedBy(value, choices))}`}`,
  );
  const rest =
    operand === undefined ? [] : [`${operand.includes('...') ? '*' : '1'}:${zshText(operand)}:${zshAction(wantedBy(operand))}`];
  return `    ${name}) _arguments ${[...specs, '--help[all about this verb]', ...rest].map(quoted).join(' ')} ;;`;
}

const zsh = (): string =>
  `#compdef tqmail
# Completion of tqmail for zsh. Made by: tqmail completion zsh
_tqmail() {
  local -a verbs
  verbs=(
${verbRows.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe verb verbs
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
${verbRows.map(zshVerb).join('\n')}
  esac
}
if [[ $funcstack[1] == _tqmail ]]; then _tqmail "$@"; else compdef _tqmail tqmail; fi
`;

function fishWords(wanted: Wanted): string {
  if (wanted === 'folder') return " -a '(__fish_complete_directories)'";
  if (wanted === 'file') return ' -F';
  if (wanted === 'verb') return ` -a ${quoted(names)}`;
  if (wanted === 'shell') return ` -a ${quoted(shells.join(' '))}`;
  return wanted === 'nothing' ? '' : ` -a ${quoted(wanted.join(' '))}`;
}

const fishText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

function fishOption(verb: string, { name, value, choices, text }: VerbOption): string {
  const words = value === undefined ? '' : ` -r${fishWords(wantedBy(value, choices))}`;
  return `complete -c tqmail -n '__fish_seen_subcommand_from ${verb}' -l ${name}${words} -d ${fishText(text)}`;
}

function fishVerb({ name, summary, operand, options }: Verb): string {
  const offered = operand === undefined ? '' : fishWords(wantedBy(operand));
  return [
    `complete -c tqmail -n __fish_use_subcommand -a ${name} -d ${fishText(summary)}`,
    ...(offered === '' ? [] : [`complete -c tqmail -n '__fish_seen_subcommand_from ${name}'${offered}`]),
    ...options.map((option) => fishOption(name, option)),
  ].join('\n');
}

const fish = (): string =>
  `# Completion of tqmail for fish. Made by: tqmail completion fish
complete -c tqmail -f
${verbRows.map(fishVerb).join('\n')}
complete -c tqmail -l help -d 'all about this verb'
`;

/** The program for that shell. */
export const completion = (shell: Shell): string => ({ bash, zsh, fish })[shell]();
