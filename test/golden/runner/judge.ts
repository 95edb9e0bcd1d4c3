/** What a case's result means: as recorded, different on purpose and as chosen, or a failure with lines for a reader. */
import { differing } from './differing.js';
import type { Difference } from './lists.js';

export type Verdict = { readonly is: 'passed' | 'different' } | { readonly is: 'failed'; readonly lines: readonly string[] };

const failed = (...lines: readonly string[]): Verdict => ({ is: 'failed', lines });

/** `got` with placeholders already in place. `difference`: the entry of different.json that names the case. */
export function judge(id: string, expected: unknown, got: unknown, difference: Difference | undefined): Verdict {
  const lines = differing(expected, got);
  if (difference === undefined) return lines.length === 0 ? { is: 'passed' } : failed(...lines);
  if (lines.length === 0) return failed(`behaves as recorded, but different.json lists it: ${difference.reason}`);
  const chosen = difference.chosen?.[id];
  if (chosen === undefined)
    return failed(`different.json lists it without the result chosen instead (${difference.reason})`, ...lines);
  const wrong = differing({ ...(expected as object), ...chosen }, got);
  return wrong.length === 0 ? { is: 'different' } : failed(`neither as recorded nor as chosen (${difference.reason})`, ...wrong);
}
