/**
 * Reading rules for the control files that qmail does not have: a value that means nothing is a
 * problem with file and line, never a silent default. Problems are collected, so that an
 * administrator sees all of them at once.
 */
import { type ControlFiles, type ControlLine, controlLines, firstLine } from './control-files.js';
import type { SettingsProblem } from './settings.js';

const shown = 60;

/** A value as a problem text shows it: quoted, cut, with odd octets replaced. */
export function showValue(value: string): string {
  const cut = value.length > shown ? `${value.slice(0, shown)}...` : value;
  return `"${cut.replace(/[^\x20-\x7e]/g, '?')}"`;
}

/** The path that a problem names. */
export function controlPath(name: string): string {
  return `control/${name}`;
}

export interface IntRange {
  readonly min: number;
  readonly max: number;
}

/** A whole number within `range` (inclusive); undefined when the file does not exist or holds a problem. */
export function strictInt(files: ControlFiles, name: string, range: IntRange, problems: SettingsProblem[]): number | undefined {
  const line = firstLine(files, name);
  if (line === undefined) return undefined;
  const value = /^[0-9]{1,15}\r?$/.test(line) ? Number.parseInt(line, 10) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  problems.push({
    file: controlPath(name),
    line: 1,
    text: `${showValue(line)} is not a whole number from ${range.min} to ${range.max}; write one, or remove the file for the default`,
  });
  return undefined;
}

/** One of `words`; `fallback` when the file does not exist or holds a problem. */
export function strictWord<const W extends string>(
  files: ControlFiles,
  name: string,
  words: readonly W[],
  fallback: NoInfer<W>,
  problems: SettingsProblem[],
): W {
  const line = firstLine(files, name)?.replace(/\r$/, '');
  if (line === undefined) return fallback;
  const word = words.find((known) => known === line);
  if (word !== undefined) return word;
  problems.push({
    file: controlPath(name),
    line: 1,
    text: `${showValue(line)} is unknown; write ${words.join(' or ')}, or remove the file for ${fallback}`,
  });
  return fallback;
}

/** A list file of ours: as qmail's, and blanks and a carriage return around an entry do not count. */
export function strictLines(files: ControlFiles, name: string): readonly ControlLine[] {
  return (controlLines(files, name) ?? [])
    .map(({ line, text }) => ({ line, text: text.trim() }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'));
}
