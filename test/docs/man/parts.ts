/**
 * Parts of manual pages that are made of something else: the verbs of their rows, the control files of their table.
 */
import { optionText, optionWords, synopsis, verbRows } from '../../../src/cli/manual/help.js';
import type { Verb } from '../../../src/cli/manual/verb.js';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (head: string, rows: readonly (readonly [string, string])[]): string[] =>
  rows.length === 0
    ? []
    : ['', `| ${head} | meaning |`, '|---|---|', ...rows.map(([term, text]) => `| ${cell(term)} | ${cell(text)} |`)];

function section(verb: Verb): string {
  return [
    `### ${verb.name}`,
    '',
    '```',
    synopsis(verb),
    '```',
    '',
    `${verb.summary[0]?.toUpperCase()}${verb.summary.slice(1)}.`,
    ...verb.about.flatMap((text) => ['', text.replaceAll('*', '')]),
    ...table(
      'option',
      verb.options.map((option) => [`\`${optionWords(option)}\``, optionText(option)] as const),
    ),
    ...table(
      'exit code',
      verb.exits.map(([code, text]) => [String(code), text] as const),
    ),
  ].join('\n');
}

/** A section a verb. */
export const verbSections = (): string => `\n${verbRows.map(section).join('\n\n')}\n`;

/** `file` and what it is, out of the five columns of docs/control/README.md. */
export function controlEntries(page: string): string {
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| (\w+) \| ([^|]+) \|$/gm)].map(
    ([, name = '', type = '', fallback = '', from = '', text = '']) =>
      [
        `\`${name}\``,
        `${text.replace(/ ?\(\[[^\]]*\]\([^)]*\)\)/g, '')}. Type: ${type}. Default: ${fallback}. Counts from: ${from}.`,
      ] as const,
  );
  if (rows.length === 0) throw new Error('docs/control/README.md: no row of a control file');
  return `${table('file', rows).join('\n')}\n`;
}
