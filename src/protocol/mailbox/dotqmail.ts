/**
 * .qmail files: which one belongs to an extension, and what its lines order (spec local.md §3, §5).
 * Pure: opening files is the caller's, and so is obeying.
 */

import { lowerCaseAscii } from '../bytes.js';
import type { ByteString } from '../mail.js';

/** A file to try. `matched` is the value of DEFAULT when this file is the one; undefined leaves DEFAULT alone. */
export interface Candidate {
  readonly name: ByteString;
  readonly matched: ByteString | undefined;
}

/** The extension as it stands in file names: lower case, dots as colons. */
function safeExtension(ext: ByteString): ByteString {
  return lowerCaseAscii(ext).replaceAll('.', ':');
}

/** True when a file name made of this text would leave its folder or end early. Such names are never opened. */
function unsafe(text: ByteString): boolean {
  return text.includes('/') || text.includes('\0');
}

function endsInDefault(ext: ByteString, safe: ByteString): ByteString | undefined {
  return safe.endsWith('default') ? ext.slice(safe.length - 'default'.length) : undefined;
}

/** The files for an extension in the order of search; names with `/` or NUL out of the address are left out. */
export function candidates(dash: ByteString, ext: ByteString): Candidate[] {
  const safe = safeExtension(ext);
  const found: Candidate[] = [];
  if (!unsafe(safe)) found.push({ name: `.qmail${dash}${safe}`, matched: endsInDefault(ext, safe) });
  for (let i = safe.length; i >= 0; i--) {
    if (i > 0 && safe[i - 1] !== '-') continue;
    const prefix = safe.slice(0, i);
    if (!unsafe(prefix)) found.push({ name: `.qmail${dash}${prefix}default`, matched: ext.slice(i) });
  }
  return found;
}

/** Names of the two files that change the sender of forwarded mail; undefined when the extension allows no file. */
export function ownerFiles(
  dash: ByteString,
  ext: ByteString,
): { readonly owner: ByteString; readonly verp: ByteString } | undefined {
  const safe = safeExtension(ext);
  if (unsafe(safe)) return undefined;
  const owner = `.qmail${dash}${safe}-owner`;
  return { owner, verp: `${owner}-default` };
}

/** False for the senders of bounces, which no owner file changes. */
export function senderMayChange(sender: ByteString): boolean {
  return sender !== '' && sender !== '#@[]';
}

/** Sender of forwarded mail, given which owner files exist (spec local.md §4). */
export function forwardingSender(
  sender: ByteString,
  local: ByteString,
  host: ByteString,
  owner: boolean,
  verp: boolean,
): ByteString {
  if (!owner || !senderMayChange(sender)) return sender;
  return verp ? `${local}-owner-@${host}-@[]` : `${local}-owner@${host}`;
}

/**
 * One order of a .qmail file. `line` counts from 1 over all lines of the file. The text is cut at
 * a NUL; `shown` is not, since qmail prints the whole line.
 */
export interface Instruction {
  readonly tag: 'mbox' | 'maildir' | 'program' | 'forward' | 'list' | 'blankFirst';
  readonly line: number;
  readonly text: ByteString;
  readonly shown: ByteString;
}

function cut(text: ByteString): ByteString {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

/** What one line, already without trailing blanks, orders; undefined for nothing. */
function parseLine(text: ByteString, line: number): Instruction | undefined {
  const first = text[0];
  switch (first) {
    case undefined:
    case '\0':
      return line === 1 ? { tag: 'blankFirst', line, text: '', shown: '' } : undefined;
    case '#':
      return undefined;
    case '+':
      return cut(text) === '+list' ? { tag: 'list', line, text: '', shown: text } : undefined;
    case '.':
    case '/':
      return { tag: text.endsWith('/') ? 'maildir' : 'mbox', line, text: cut(text), shown: text };
    case '|':
      return { tag: 'program', line, text: cut(text.slice(1)), shown: text.slice(1) };
    case '&':
      return { tag: 'forward', line, text: cut(text.slice(1)), shown: text.slice(1) };
    default:
      return { tag: 'forward', line, text: cut(text), shown: text };
  }
}

/** The orders of a .qmail text or of a default delivery. An empty text is one blank line. */
export function parseInstructions(text: ByteString): Instruction[] {
  const instructions: Instruction[] = [];
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  lines.forEach((line, index) => {
    const instruction = parseLine(line.replace(/[ \t]+$/, ''), index + 1);
    if (instruction !== undefined) instructions.push(instruction);
  });
  return instructions;
}
