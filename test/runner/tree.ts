/**
 * Where things are: the root of the clone and the files below a folder.
 * Only the test runner and the tests of the repository itself use it.
 */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the clone; this file runs as dist/test/runner/tree.js. */
export const root = resolve(import.meta.dirname, '../../..');

/** Paths of all files below `folder` (relative to the root) that end in `ending`, sorted; none when there is no such folder. */
export function filesBelow(folder: string, ending: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort();
}
