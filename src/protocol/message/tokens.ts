/**
 * Structured header text as tokens and back (spec inject.md §4.1): atoms, quoted strings, literals, comments,
 * and single characters. Knows nothing of what the tokens mean.
 */
import type { ByteString } from '../mail.js';

export type WordKind = 'atom' | 'quoted' | 'literal' | 'comment';
export type Mark = '<' | '>' | '@' | ',' | ';' | ':' | '.';

/** A word carries its text without quotes, brackets, parentheses and backslashes; a mark is its own text. */
export interface Token {
  readonly kind: WordKind | Mark;
  readonly text: ByteString;
}

const marks = '<>@,;:.';
const blanks = ' \t\r\n';
/** What ends an atom. */
const afterAtom = `${marks}${blanks}(["`;
/** An atom with one of these cannot be written as an atom again. */
const unprintableAtom = /[^\x20-\x7e]|[)\]\\]/;

const closers = { '"': '"', '[': ']' } as const;
const kinds = { '"': 'quoted', '[': 'literal' } as const;

interface Read {
  readonly text: ByteString;
  /** The first unit after the word. */
  readonly end: number;
}

/** Undefined for text with a stray `)` or `]`, or with an open quote, comment or literal. */
export function parseTokens(text: ByteString): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const unit = text[at] as string;
    if (blanks.includes(unit)) {
      at++;
      continue;
    }
    if (marks.includes(unit)) {
      tokens.push({ kind: unit as Mark, text: unit });
      at++;
      continue;
    }
    if (unit === ')' || unit === ']') return undefined;
    const token = wordAt(text, at, unit);
    if (token === undefined) return undefined;
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function wordAt(text: ByteString, at: number, first: string): (Token & Read) | undefined {
  if (first === '(') {
    const read = readComment(text, at + 1);
    return read && { kind: 'comment', ...read };
  }
  if (first === '"' || first === '[') {
    const read = readUntil(text, at + 1, closers[first]);
    return read && { kind: kinds[first], ...read };
  }
  const read = readAtom(text, at);
  return { kind: unprintableAtom.test(read.text) ? 'quoted' : 'atom', ...read };
}

/** A backslash makes the next unit an ordinary one. */
function readUntil(text: ByteString, from: number, closer: string): Read | undefined {
  let word = '';
  for (let at = from; at < text.length; at++) {
    const unit = text[at] as string;
    if (unit === closer) return { text: word, end: at + 1 };
    word += unit === '\\' ? (text[++at] ?? '') : unit;
  }
  return undefined;
}

/** Comments nest; the inner parentheses are lost. */
function readComment(text: ByteString, from: number): Read | undefined {
  let word = '';
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const unit = text[at] as string;
    if (unit === '(') depth++;
    else if (unit === ')') depth--;
    else word += unit === '\\' ? (text[++at] ?? '') : unit;
    if (depth === 0) return { text: word, end: at + 1 };
  }
  return undefined;
}

function readAtom(text: ByteString, from: number): Read {
  let word = '';
  let at = from;
  for (; at < text.length; at++) {
    const unit = text[at] as string;
    if (at > from && afterAtom.includes(unit)) break;
    word += unit === '\\' ? (text[++at] ?? '') : unit;
  }
  return { text: word, end: at };
}

const isWord = (kind: Token['kind'] | undefined): boolean =>
  kind === 'atom' || kind === 'quoted' || kind === 'literal' || kind === 'comment';

function blankBetween(left: Token['kind'] | undefined, right: Token['kind']): boolean {
  if (left === undefined) return false;
  return left === ':' || left === ',' || right === '<' || (isWord(left) && isWord(right));
}

function printed({ kind, text }: Token): ByteString {
  if (!isWord(kind)) return text;
  // qmail prints any LF behind a backslash; one that does not fold would begin a field of the writer's choice.
  const safe = text.replace(/\n(?![ \t])/g, ' ').replace(/["[\]()\\\r\n]/g, '\\$&');
  if (kind === 'quoted') return `"${safe}"`;
  if (kind === 'literal') return `[${safe}]`;
  return kind === 'comment' ? `(${safe})` : safe;
}

/**
 * The tokens as one line with its line feed, folded after commas so that lines stay within `width` octets where they
 * can; 0 = never folded. Continuations begin with two blanks.
 */
export function printTokens(tokens: readonly Token[], width: number): ByteString {
  const pieces: ByteString[] = [''];
  let before: Token['kind'] | undefined;
  for (const token of tokens) {
    const last = pieces.length - 1;
    pieces[last] += (blankBetween(before, token.kind) ? ' ' : '') + printed(token);
    if (token.kind === ',') pieces.push('');
    before = token.kind;
  }
  let text = pieces[0] as string;
  let column = text.length;
  for (const piece of pieces.slice(1)) {
    // A fold puts one blank more in front; the two octets of line end and blank count for what comes after.
    if (width === 0 || column + piece.length + 2 <= width) {
      text += piece;
      column += piece.length;
    } else {
      text += `\n ${piece}`;
      column = piece.length + 1;
    }
  }
  return `${text}\n`;
}

/** The bare text of an address: no blanks, no quotes, no comments. */
export function plainText(tokens: readonly Token[]): ByteString {
  return tokens
    .filter(({ kind }) => kind !== 'comment')
    .map(({ kind, text }) => (kind === 'literal' ? `[${text}]` : text))
    .join('');
}
