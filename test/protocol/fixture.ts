/** Reads a recorded file of this folder as latin1; tests run compiled, the recordings stay in the source tree. */
import { readFileSync } from 'node:fs';

export function fixture(name: string): string {
  return readFileSync(new URL(`../../../test/protocol/fixtures/${name}`, import.meta.url), 'latin1');
}
