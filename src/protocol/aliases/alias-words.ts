/**
 * The right side of a line of /etc/aliases, a line of an :include: file, a line of .forward: addresses, programs, included
 * lists, separated by commas or blanks. Says what they are; what is allowed is the caller's. Pure.
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

/** Pieces between commas; commas in quotes, comments and brackets do not count. Undefined: something is left open. */
function commaPieces(text: ByteString): ByteString[] | undefined {
  const pieces: ByteString[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const unit = text[at] as string;
    if (unit === ',') {
      pieces.push(text.slice(from, at));
      from = at + 1;
    }
    const end = unit === '"' || unit === '(' || unit === '<' ? closed(text, at) : at + (unit === '\\' ? 2 : 1);
    if (end === undefined) return undefined;
    at = end;
  }
  pieces.push(text.slice(from));
  return pieces;
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

const include = /^:include:[ \t]*/i;

/** The words of a whole right side, in its order; undefined when it cannot be read. */
export function aliasWords(text: ByteString, rewrite: Rewrite): AliasWord[] | undefined {
  const words: AliasWord[] = [];
  for (const piece of commaPieces(text) ?? [undefined]) {
    const found = piece === undefined ? undefined : wordsOf(piece.trim(), rewrite);
    if (found === undefined) return undefined;
    words.push(...found);
  }
  return words;
}

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
  if (tokens === undefined || tokens.some(({ kind }) => kind === ';')) return undefined;
  return mapAddresses(tokens, replace) === undefined ? undefined : found;
}
