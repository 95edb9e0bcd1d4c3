/**
 * Reads the recorded cases and the list of those in which tqmail differs on purpose.
 * Tests run compiled; the recordings stay in the source tree.
 */
import { readFileSync } from 'node:fs';

const folder = new URL('../../../test/golden/', import.meta.url);

/** All cases of `cases/NAME.jsonl`. Strings that carry bytes have one UTF-16 unit an octet. */
export function recordedCases<C extends { readonly id: string }>(name: string): C[] {
  return readFileSync(new URL(`cases/${name}.jsonl`, folder), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as C);
}

interface Difference {
  readonly reason: string;
  readonly ids: readonly string[];
}

/** Id of each case that differs on purpose, with the reason. */
export function differences(): ReadonlyMap<string, string> {
  const list = JSON.parse(readFileSync(new URL('different.json', folder), 'utf8')) as readonly Difference[];
  return new Map(list.flatMap(({ reason, ids }) => ids.map((id) => [id, reason] as const)));
}
