/**
 * How qmail reads a control file: line, int, list and map files (spec control.md).
 * Works on the texts of all files of control/, keyed by file name. Knows no file by name
 * except `me`; what each file means is settings' business (control.ts).
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString } from './mail.js';

/** File name below control/ → its latin1 text. A name that is absent is a file that does not exist. */
export type ControlFiles = ReadonlyMap<string, ByteString>;

/** One kept line of a list file; `line` counts from 1 and includes skipped lines. */
export interface ControlLine {
  readonly line: number;
  readonly text: ByteString;
}

/** qmail strips blanks, tabs and line feeds at the right, nothing at the left and no carriage return. */
function stripRight(text: ByteString): ByteString {
  let end = text.length;
  while (end > 0) {
    const unit = text.charCodeAt(end - 1);
    if (unit !== 0x20 && unit !== 0x09 && unit !== 0x0a) break;
    end--;
  }
  return end === text.length ? text : text.slice(0, end);
}

/** The first line of a file, with everything in it; undefined when the file does not exist. */
export function firstLine(files: ControlFiles, name: string): ByteString | undefined {
  const text = files.get(name);
  if (text === undefined) return undefined;
  const end = text.indexOf('\n');
  return stripRight(end < 0 ? text : text.slice(0, end));
}

/** A line file: its first line, up to a NUL as qmail reads it; undefined when the file does not exist. */
export function controlLine(files: ControlFiles, name: string): ByteString | undefined {
  return firstLine(files, name)?.split('\0', 1)[0];
}

/** A line file that falls back on control/me; undefined when neither exists. */
export function controlLineOrMe(files: ControlFiles, name: string): ByteString | undefined {
  return controlLine(files, name) ?? controlLine(files, 'me');
}

/**
 * An int file: the digits its first line begins with. Undefined when it does not exist or begins
 * with anything else: qmail then takes the default without a word. At most 2^53 - 1.
 */
export function controlInt(files: ControlFiles, name: string): number | undefined {
  const line = controlLine(files, name);
  const digits = line === undefined ? undefined : /^[0-9]+/.exec(line)?.[0];
  return digits === undefined ? undefined : Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}

/** NULs end entries as line feeds do, but only a whole line can be a comment; one that begins with a NUL is skipped. */
function parted(entry: ByteString, line: number): readonly ControlLine[] {
  if (entry.startsWith('#') || entry.startsWith('\0')) return [];
  return entry.split('\0').map((text) => ({ line, text }));
}

/** The kept lines of a list file with their numbers; undefined when the file does not exist. */
export function controlLines(files: ControlFiles, name: string): readonly ControlLine[] | undefined {
  const text = files.get(name);
  if (text === undefined) return undefined;
  const kept: ControlLine[] = [];
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    line++;
    const entry = stripRight(text.slice(start, end));
    if (entry.includes('\0')) kept.push(...parted(entry, line));
    else if (entry !== '' && !entry.startsWith('#')) kept.push({ line, text: entry });
    start = end + 1;
  }
  return kept;
}

/** A list file: every line that is neither empty nor a `#` comment, stripped at the right. */
export function controlList(files: ControlFiles, name: string): readonly ByteString[] | undefined {
  return controlLines(files, name)?.map((entry) => entry.text);
}

/**
 * A map file: `key:value` lines, cut at the first colon, keys in lower case, the last of equal
 * keys wins, lines without a colon do not count. Empty when the file does not exist.
 */
export function controlMap(files: ControlFiles, name: string): Readonly<Record<string, ByteString>> {
  const entries: [string, ByteString][] = [];
  for (const entry of controlList(files, name) ?? []) {
    const colon = entry.indexOf(':');
    if (colon >= 0) entries.push([lowerCaseAscii(entry.slice(0, colon)), entry.slice(colon + 1)]);
  }
  // fromEntries defines own properties, so that a key like __proto__ is a key and nothing else.
  return Object.fromEntries(entries);
}
