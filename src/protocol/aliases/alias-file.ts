/**
 * /etc/aliases and :include: files as newaliases and newinclude read them (spec companions.md §4). Pure.
 */
import type { CdbRecord } from '../cdb.js';
import type { ByteString } from '../mail.js';
import type { Rewrite } from '../message/rewrite.js';
import { parseTokens, plainText, type Token } from '../message/tokens.js';
import { type AliasWord, aliasWords, inOrder, isNobody } from './alias-words.js';
import { BadAliases, commandsRecord, type Instruction, instruction, ownerRecord } from './commands.js';

interface LogicalLine {
  /** Where it begins, from 1. */
  readonly number: number;
  readonly text: ByteString;
}

/** Lines with those that go on with them: a line that begins with a blank, or is empty, belongs to the one before. */
function logicalLines(text: ByteString): LogicalLine[] {
  const found: { number: number; text: ByteString }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const last = found.at(-1);
    if (line.startsWith('#')) continue;
    if (last !== undefined && /^(?:[ \t\r]|$)/.test(line)) last.text += ` ${line}`;
    else if (line.trim() !== '') found.push({ number: index + 1, text: line });
  }
  return found.map((line) => ({ number: line.number, text: line.text.trim() }));
}

const unreadable = ({ number, text }: LogicalLine): BadAliases => new BadAliases(`unable to parse line ${number}: ${text}`);

/** How fastforward does it, or BadAliases. */
function instructionOf(word: AliasWord, programs: boolean): Instruction {
  switch (word.tag) {
    case 'file':
      throw new BadAliases(`file delivery ${word.file} not supported`);
    case 'include':
      return `${/^[./]/.test(word.file) ? '' : './'}${word.file}.bin`;
    case 'program':
      if (!programs) throw new BadAliases(`program delivery |${word.program} not supported`);
      return instruction(`!${word.program}`);
    default:
      if (word.address === '') throw new BadAliases('empty recipient addresses not permitted');
      return instruction(`&${word.address}`);
  }
}

const left = /^((?:[^":\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*")*):([\s\S]*)$/;

const isWord = (token: Token | undefined): boolean =>
  token?.kind === 'atom' || token?.kind === 'quoted' || token?.kind === 'literal';

/** `user@` for one without a host: any host. Undefined: no target. */
function targetOf(text: ByteString): ByteString | undefined {
  const tokens = parseTokens(text);
  if (tokens === undefined) return undefined;
  const inner = tokens.some(({ kind }) => kind === '<') ? tokens.filter(({ kind }) => kind !== '<' && kind !== '>') : tokens;
  if (inner.some(({ kind }) => kind === ',' || kind === ';' || kind === ':')) return undefined;
  const written = inner.filter(({ kind }) => kind !== 'comment');
  if (written.some((token, index) => isWord(token) && isWord(written[index + 1]))) return undefined;
  const target = plainText(inner);
  if (target === '' || target.endsWith('@')) return undefined;
  return target.includes('@') ? target : `${target}@`;
}

/** Records for fastforward. Of several lines for one alias the first counts. Throws BadAliases. */
export function aliasRecords(text: ByteString, rewrite: Rewrite): CdbRecord[] {
  const lines = logicalLines(text).map((line) => {
    const [, name, rest] = left.exec(line.text) ?? [];
    const target = name === undefined ? undefined : targetOf(name);
    const words = rest === undefined ? undefined : aliasWords(rest, rewrite);
    if (target === undefined || words === undefined || words.length === 0) throw unreadable(line);
    return { target, commands: inOrder(words).map((word) => instructionOf(word, true)) };
  });
  return lines.flatMap(({ target, commands }) => [...owned(target, rewrite), commandsRecord(target, commands)]);
}

/** `owner-list` is the owner of `list`. */
function owned(target: ByteString, rewrite: Rewrite): CdbRecord[] {
  if (!/^owner-./i.test(target)) return [];
  const list = target.slice('owner-'.length);
  const bare = target.endsWith('@') ? target.slice(0, -1) : target;
  const owner = target.endsWith('@') ? plainText(rewrite([{ kind: 'atom', text: bare }])) : target;
  return [ownerRecord(list, owner)];
}

/** Commands of an :include: file. Throws BadAliases. */
export function includeCommands(text: ByteString, rewrite: Rewrite): Instruction[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.startsWith('#')) return [];
    const words = aliasWords(line.trim(), rewrite);
    if (words === undefined) throw unreadable({ number: index + 1, text: line.trim() });
    return inOrder(words).flatMap((word) => (isNobody(word) ? [] : [instructionOf(word, false)]));
  });
}
