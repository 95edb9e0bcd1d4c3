/**
 * Tests that a document cites as `FILE` "WORDS": finds them in a cell of a table, and tells which are not there.
 * The words stand in the file: a part of the test's name, or of what it says when it fails.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../runner/tree.js';

export interface Named {
  readonly file: string;
  readonly words: string;
}

/** Cells of every line of a document that begins as a row of a table does; `\|` is no border. */
export const tableRows = (document: string): string[][] =>
  document
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));

export const named = (cell: string): Named[] =>
  [...cell.matchAll(/`(test\/[\w/.-]+\.ts)` "([^"]+)"/g)].map(([, file = '', words = '']) => ({ file, words }));

/** One line for each citation whose file or words are not there. */
export const notThere = (cited: readonly Named[]): string[] =>
  cited
    .filter(({ file, words }) => !existsSync(join(root, file)) || !readFileSync(join(root, file), 'utf8').includes(words))
    .map(({ file, words }) => `${file} has no "${words}"`);

/** What stands in a cell beside its citations. */
export const uncited = (cell: string): string => cell.replace(/`test\/[^`]+` "[^"]+"/g, '').replace(/[\s,;]/g, '');
