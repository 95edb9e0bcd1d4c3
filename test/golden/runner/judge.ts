/** What a case's result means: as recorded, different on purpose and as chosen, or a failure with lines for a reader. */
import type { Another } from './as-another.js';
import type { Choice } from './differences.js';
import { differing } from './differing.js';

export type Verdict = { readonly is: 'passed' | 'different' } | { readonly is: 'failed'; readonly lines: readonly string[] };

const failed = (...lines: readonly string[]): Verdict => ({ is: 'failed', lines });

/** `got` with placeholders already in place. `choice`: what different.json says of the case. */
export function judge(expected: unknown, got: unknown, choice: Choice | undefined): Verdict {
  const lines = differing(expected, got);
  if (lines.length === 0) {
    if (choice?.listed !== true) return { is: 'passed' };
    return failed(`behaves as recorded, but different.json lists it: ${choice.reason}`);
  }
  if (choice === undefined) return failed(...lines);
  if (choice.result === undefined)
    return failed(`different.json lists it without the result chosen instead (${choice.reason})`, ...lines);
  const wrong = differing(choice.result, got);
  return wrong.length === 0 ? { is: 'different' } : failed(`neither as recorded nor as chosen (${choice.reason})`, ...wrong);
}

/** `other`: what the input gave that the rule takes the case as; undefined: it could not be run. */
export function judgeAsAnother(result: { got: unknown; verdict: Verdict }, other: unknown, { reason, set }: Another): Verdict {
  if (result.verdict.is !== 'failed') return result.verdict;
  if (other === undefined) return failed(...result.verdict.lines, `the other input could not be run (${reason})`);
  const wrong = differing({ ...other, ...set }, result.got);
  return wrong.length === 0 ? { is: 'different' } : failed(`neither as recorded nor as the other input (${reason})`, ...wrong);
}
