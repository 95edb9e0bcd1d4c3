/**
 * The right side of a line of /etc/aliases, a line of an :include: file, a line of .forward: addresses, programs, included
 * lists, separated by commas or blanks; groups are their members. Says what they are; what is allowed is the caller's. Pure.
 */
import type { ByteString } from '../mail.js';
import { mapAddresses } from '../message/address-list.js';
import type { Rewrite } from '../message/rewrite.js';
import { parseTokens, plainText, type Token } from '../message/tokens.js';

export type AliasWord =
  /** `bare`: as it was written, before a host was added. */
  | { readonly tag: 'address'; readonly address: ByteString; readonly bare: ByteString }
  | { readonly tag: 'program'; readonly program: ByteString }
  | { readonly tag: 'include'; readonly file: ByteString }
  | { readonly tag: 'file'; readonly file: ByteString };

const include = /^:include:[ \t]*/i;
const includeLength = ':include:'.length;

/**
 * The pieces of a right side: what stands between commas and semicolons, a group's members among them, its name left out.
 * Those in quotes, comments and brackets do not count, nor do colons and semicolons in a program, a file or a list.
 */
class Pieces {
  readonly found: ByteString[] = [];
  readonly #text: ByteString;
  #from = 0;
  #inGroup = false;

  constructor(text: ByteString) {
    this.#text = text;
  }

  /** False: something is left open, or a group has no name or another one in it. */
  read(): boolean {
    const text = this.#text;
    for (let at = 0; at < text.length; ) {
      const unit = text[at] as string;
      if (!this.#separator(unit, at)) return false;
      const end = unit === '"' || unit === '(' || unit === '<' ? closed(text, at) : at + (unit === '\\' ? 2 : 1);
      if (end === undefined) return false;
      at = end;
    }
    this.found.push(text.slice(this.#from));
    return !this.#inGroup;
  }

  /** False: a colon that ends no group's name. */
  #separator(unit: string, at: number): boolean {
    if (unit !== ',' && unit !== ';' && unit !== ':') return true;
    const piece = this.#text.slice(this.#from, at).trim();
    const ends = unit === ',' || (unit === ';' && this.#inGroup && /^;(?:[\s,]|$)/.test(this.#text.slice(at, at + 2)));
    if (!ends && (/^[|/:]/.test(piece) || include.test(this.#text.slice(at, at + includeLength)))) return true;
    if (unit === ':') {
      if (this.#inGroup || !isPhrase(piece)) return false;
      this.#inGroup = true;
    } else {
      this.found.push(piece);
      if (unit === ';') this.#inGroup = false;
    }
    this.#from = at + 1;
    return true;
  }
}

/** Words and comments alone, as the name of a group is. */
function isPhrase(text: ByteString): boolean {
  const tokens = parseTokens(text) ?? [];
  return (
    tokens.some(({ kind }) => kind === 'atom' || kind === 'quoted') &&
    tokens.every(({ kind }) => kind === 'atom' || kind === 'quoted' || kind === 'comment' || kind === '.')
  );
}

const closers: Readonly<Record<string, string>> = { '"': '"', '(': ')', '<': '>' };

/** The unit after what opens at `from`; comments nest. */
function closed(text: ByteString, from: number): number | undefined {
  const opener = text[from] as string;
  let depth = 1;
  for (let at = from + 1; at < text.length; at++) {
    const unit = text[at] as string;
    if (unit === '\\') at++;
    else if (unit === closers[opener]) depth--;
    else if (unit === '(' && opener === '(') depth++;
    if (depth === 0) return at + 1;
  }
  return undefined;
}

/** The words of a whole right side, in its order; undefined when it cannot be read. */
export function aliasWords(text: ByteString, rewrite: Rewrite): AliasWord[] | undefined {
  const words: AliasWord[] = [];
  const pieces = new Pieces(text);
  if (!pieces.read()) return undefined;
  for (const piece of pieces.found) {
    const found = wordsOf(piece.trim(), rewrite);
    if (found === undefined) return undefined;
    words.push(...found);
  }
  return words;
}

/** `<>`, or what is no address once it is rewritten. */
export const isNobody = (word: AliasWord): boolean => word.tag === 'address' && word.address === '';

/** Words of a line in the order of fastforward and dot-forward: the last one first, but a program or a list before the address to its right. */
export function inOrder(words: readonly AliasWord[]): AliasWord[] {
  const ordered: AliasWord[] = [];
  const waiting: AliasWord[] = [];
  for (const word of words.toReversed()) {
    if (word.tag !== 'address') ordered.push(word);
    else ordered.push(...waiting.splice(0, 1, word));
  }
  return [...ordered, ...waiting];
}

function wordsOf(piece: ByteString, rewrite: Rewrite): AliasWord[] | undefined {
  if (piece === '') return [];
  const whole = /^"((?:[^"\\]|\\[\s\S])*)"$/.exec(piece)?.[1]?.replace(/\\([\s\S])/g, '$1');
  const special = whole === undefined ? undefined : quotedWord(whole);
  if (special !== undefined) return [special];
  const included = include.exec(piece);
  if (included !== null) return separated(piece.slice(included[0].length), (file) => ({ tag: 'include', file }), rewrite);
  if (piece.startsWith('|')) return separated(piece.slice(1), (program) => ({ tag: 'program', program }), rewrite);
  if (piece.startsWith('/')) return separated(piece, (file) => ({ tag: 'file', file }), rewrite);
  return addresses(piece, rewrite);
}

/** What stands in quotes may hold blanks and commas. */
function quotedWord(text: ByteString): AliasWord | undefined {
  if (text.startsWith('|')) return { tag: 'program', program: text.slice(1) };
  if (text.startsWith('/')) return { tag: 'file', file: text };
  const included = include.exec(text);
  return included === null ? undefined : { tag: 'include', file: text.slice(included[0].length) };
}

/** Outside of quotes a blank ends a program or a file; what follows are words of their own. */
function separated(text: ByteString, first: (word: ByteString) => AliasWord, rewrite: Rewrite): AliasWord[] | undefined {
  const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
  const more = wordsOf(rest, rewrite);
  return word === '' || word.includes('"') || more === undefined ? undefined : [first(word), ...more];
}

function addresses(text: ByteString, rewrite: Rewrite): AliasWord[] | undefined {
  const tokens = parseTokens(text);
  const found: AliasWord[] = [];
  const replace = (tokensOfOne: readonly Token[]): readonly Token[] => {
    const bare = plainText(tokensOfOne);
    const [only] = tokensOfOne.length === 1 ? tokensOfOne : [];
    const special = (only?.kind === 'quoted' || only?.kind === 'atom') && /^[|/]/.test(bare) ? quotedWord(bare) : undefined;
    found.unshift(special ?? { tag: 'address', address: plainText(rewrite(tokensOfOne)), bare });
    return tokensOfOne;
  };
  if (tokens === undefined) return undefined;
  return mapAddresses(tokens, replace) === undefined ? undefined : found;
}
