/**
 * The small Markdown of docs/man: headings, paragraphs, bullets, tables of two columns, fenced text. Anything else is an
 * error with its line, so that a page cannot look right in one form and wrong in the other. Pure.
 */

export type Block =
  | { readonly tag: 'title'; readonly name: string; readonly section: string; readonly summary: string }
  | { readonly tag: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly tag: 'paragraph'; readonly text: string }
  | { readonly tag: 'bullet'; readonly text: string }
  | { readonly tag: 'entry'; readonly term: string; readonly text: string }
  | { readonly tag: 'verbatim'; readonly lines: readonly string[] };

/** Throws an Error that names `file` and the line. */
export function blocks(file: string, source: string): Block[] {
  const lines = source.trimEnd().split('\n');
  const found: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const { block, next } = blockAt(file, lines, at);
    if (block !== undefined) found.push(block);
    at = next;
  }
  if (found[0]?.tag !== 'title') throw new Error(`${file}: the first line must be "# name(section) - summary"`);
  return found;
}

interface Step {
  readonly block?: Block;
  readonly next: number;
}

function blockAt(file: string, lines: readonly string[], at: number): Step {
  const line = lines[at] as string;
  const wrong = (text: string): Error => new Error(`${file}:${at + 1}: ${text}`);
  if (line.trim() === '' || /^<!-- .* -->$/.test(line)) return { next: at + 1 };
  if (line.startsWith('#')) return { block: heading(line, wrong), next: at + 1 };
  if (line.startsWith('```')) return verbatim(lines, at, wrong);
  if (line.startsWith('|')) return entry(line, lines[at + 1], at, wrong);
  if (/^(?: {2,}|>|\d+\. |\* |!\[|<)/.test(line)) throw wrong('this form is not in the subset of docs/man');
  return text(lines, at);
}

function heading(line: string, wrong: (text: string) => Error): Block {
  const [, name, section, summary] = /^# (\S+)\((\d)\) - (\S.*)$/.exec(line) ?? [];
  if (name !== undefined && section !== undefined && summary !== undefined) return { tag: 'title', name, section, summary };
  const [, marks, text] = /^(###?) (\S.*)$/.exec(line) ?? [];
  if (marks === undefined || text === undefined) throw wrong(`not a heading: ${line}`);
  return { tag: 'heading', level: marks.length === 2 ? 2 : 3, text };
}

function verbatim(lines: readonly string[], at: number, wrong: (text: string) => Error): Step {
  const end = lines.indexOf('```', at + 1);
  if (end < 0) throw wrong('``` without its end');
  return { block: { tag: 'verbatim', lines: lines.slice(at + 1, end) }, next: end + 1 };
}

/** A row of a table; its head (the row before the rule) is for readers of Markdown alone. `\|` is a bar. */
function entry(line: string, after: string | undefined, at: number, wrong: (text: string) => Error): Step {
  if (after !== undefined && /^\|[-|]+\|$/.test(after)) return { next: at + 2 };
  const cells = line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
  const [term, text] = cells;
  if (cells.length !== 2 || term === undefined || text === undefined) throw wrong('a table has two columns here');
  return { block: { tag: 'entry', term, text }, next: at + 1 };
}

/** A paragraph or bullet with the lines that belong to it. */
function text(lines: readonly string[], at: number): Step {
  const first = lines[at] as string;
  const bullet = first.startsWith('- ');
  let next = at + 1;
  while (next < lines.length && (bullet ? /^ {2}\S/ : /^(?![-|#<]|```)\S/).test(lines[next] as string)) next++;
  const joined = lines.slice(at, next).map((line) => line.trim());
  return {
    block: bullet ? { tag: 'bullet', text: joined.join(' ').slice(2) } : { tag: 'paragraph', text: joined.join(' ') },
    next,
  };
}
