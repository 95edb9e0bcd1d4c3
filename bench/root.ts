/**
 * Where the clone is, seen from the built bench (dist/bench/…).
 * Paths only.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root folder of the clone. */
const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

export function inProject(...names: readonly string[]): string {
  return path.join(projectRoot, ...names);
}
