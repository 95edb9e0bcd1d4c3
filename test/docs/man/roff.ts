/**
 * A manual page in roff (man macros) out of its blocks. The same blocks give the same octets: no date, no name of a machine. Pure.
 */
import type { Block } from './blocks.js';

const special: Readonly<Record<string, string>> = {
  '\\': '\\e',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '-': '\\-',
  '→': '\\(->',
  '…': '...',
  '§': '\\(sc',
  '≤': '\\(<=',
  // A list of choices is one long word: it may break here.
  '|': '|\\:',
};

/** Octets as they are meant, in any font. Throws on a character that a terminal of 1990 lacks and the table above has not. */
function plain(text: string): string {
  return text.replace(/[^ -~]|[\\'`^~|-]/gu, (mark) => {
    const written = special[mark];
    if (written === undefined) throw new Error(`no roff for "${mark}" in: ${text}`);
    return written;
  });
}

/** Text with `code`, **strong**, *emphasis* and [links](…). */
function inline(text: string): string {
  let out = '';
  let at = 0;
  const marks = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\([^)]+\)/g;
  for (const found of text.matchAll(marks)) {
    const [whole, code, strong, emphasis, link] = found;
    out += plain(text.slice(at, found.index));
    if (emphasis !== undefined) out += `\\fI${plain(emphasis)}\\fP`;
    else if (link !== undefined) out += linked(link);
    else out += `\\fB${plain(code ?? strong ?? '')}\\fP`;
    at = found.index + whole.length;
  }
  return out + plain(text.slice(at));
}

/** `name(5)` with a strong name; other words as they are. */
function linked(words: string): string {
  const [, name, section] = /^`?(\S+?)\((\d)\)`?$/.exec(words) ?? [];
  return name === undefined ? inline(words) : `\\fB${plain(name)}\\fP(${section})`;
}

/** One input line; what begins as a request is no request. */
const line = (text: string): string => (/^[.'\\]/.test(text) && !text.startsWith('\\f') ? `\\&${text}` : text);

function request(block: Block, version: string): string[] {
  switch (block.tag) {
    case 'title':
      return [
        `.TH ${plain(block.name.toUpperCase())} ${block.section} "" "tqmail ${version}"`,
        '.SH NAME',
        `${plain(block.name)} \\- ${inline(block.summary)}`,
      ];
    case 'heading':
      return [`${block.level === 2 ? '.SH' : '.SS'} "${inline(block.text).replaceAll('"', '\\(dq')}"`];
    case 'paragraph':
      return ['.PP', line(inline(block.text))];
    case 'bullet':
      return ['.IP \\(bu 2', line(inline(block.text))];
    case 'entry':
      return ['.TP', line(inline(block.term)), line(inline(block.text))];
    default:
      return ['.PP', '.nf', '.RS 4', ...block.lines.map((text) => line(plain(text))), '.RE', '.fi'];
  }
}

/** The whole page; `source` is where a person would change it. */
export function roff(page: readonly Block[], version: string, source: string): string {
  return `${[`.\\" Made by "npm run docs" from ${source}: change that.`, ...page.flatMap((block) => request(block, version))].join('\n')}\n`;
}
