/**
 * The actions of a multilog command line (spec companions.md §2.2), checked and with their sizes filled in. Parsing and
 * selection of lines; touches no file.
 */
import type { ByteString } from '../mail.js';
import { matchesPattern } from './pattern.js';

export interface FolderAction {
  readonly kind: 'folder';
  readonly path: ByteString;
  /** Octets after which `current` is closed. */
  readonly size: number;
  /** Log files at most, `current` counted. */
  readonly keep: number;
  /** A shell command for each closed file. */
  readonly processor: ByteString | undefined;
}

export type LogAction =
  | { readonly kind: 'select'; readonly select: boolean; readonly pattern: ByteString }
  | { readonly kind: 'stderr' }
  | { readonly kind: 'status'; readonly file: ByteString }
  | FolderAction;

export interface LogScript {
  /** A TAI64N label in front of every line. */
  readonly stamp: boolean;
  readonly actions: readonly LogAction[];
}

/** Units of a line, its stamp included, that patterns look at. */
export const selectedBy = 1_000;
const sizes = { least: 4_096, usual: 99_999, most: 16_777_215 };
const keeps = { least: 2, usual: 10, most: 1_000_000 };

/** The actions, or what is wrong with which word. */
export function parseLogScript(words: readonly ByteString[]): LogScript | { readonly wrong: string } {
  const stamp = words[0] === 't';
  const actions: LogAction[] = [];
  let folder: Omit<FolderAction, 'path' | 'kind'> = { size: sizes.usual, keep: keeps.usual, processor: undefined };
  for (const word of stamp ? words.slice(1) : words) {
    const value = word.slice(1);
    if (word[0] === '+' || word[0] === '-') actions.push({ kind: 'select', select: word[0] === '+', pattern: value });
    else if (word === 'e') actions.push({ kind: 'stderr' });
    else if (word[0] === '=' && value !== '') actions.push({ kind: 'status', file: value });
    else if (word[0] === 's' && isCount(value)) folder = { ...folder, size: within(sizes, Number(value)) };
    else if (word[0] === 'n' && isCount(value)) folder = { ...folder, keep: within(keeps, Number(value)) };
    else if (word[0] === '!') folder = { ...folder, processor: value === '' ? undefined : value };
    else if (word[0] === '.' || word[0] === '/') actions.push({ kind: 'folder', path: word, ...folder });
    else return { wrong: word === 't' ? 't must be the first action' : `unknown action: ${word}` };
  }
  return { stamp, actions };
}

const isCount = (text: string): boolean => /^\d{1,12}$/.test(text);
const within = ({ least, most }: { least: number; most: number }, value: number): number =>
  Math.min(most, Math.max(least, value));

/** The actions that a line which begins with `head` is given to, by their index; select actions are left out. */
export function chosenActions(actions: readonly LogAction[], head: ByteString): readonly number[] {
  const chosen: number[] = [];
  let selected = true;
  const start = head.slice(0, selectedBy);
  actions.forEach((action, index) => {
    if (action.kind !== 'select') {
      if (selected) chosen.push(index);
    } else if (action.select !== selected && matchesPattern(action.pattern, start)) selected = action.select;
  });
  return chosen;
}
