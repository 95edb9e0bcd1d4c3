/**
 * Differences that are best said by another input: tqmail takes this case as if something in it stood otherwise (a message
 * with its last line end, a client that waits). What it gives for that input is the result chosen for this one.
 * It only changes cases; it neither runs nor compares them.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RecordedCase } from './adapter.js';
import { applies, type Change, type Difference } from './differences.js';

/** The other input, the reason, and the parts of the result that stand for themselves. */
export interface Another {
  readonly reason: string;
  readonly test: RecordedCase;
  readonly set: Readonly<Record<string, unknown>>;
}

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** `value` with the part at `path` put through `change`; a folder on the way that is missing is made. */
function changedAt(value: unknown, path: readonly string[], change: (part: unknown) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(value);
  if (value === undefined && name === '*') return undefined;
  if (Array.isArray(value)) {
    if (name === '*') return value.map((item) => changedAt(item, rest, change));
    const items = value.with(Number(name), changedAt(value[Number(name)], rest, change));
    return items.filter((item) => item !== undefined);
  }
  const { [name]: part, ...others } = isTree(value) ? value : {};
  const changed = changedAt(part, rest, change);
  if (changed === undefined) return value === undefined ? undefined : others;
  return { ...(value as Tree), [name]: changed };
}

function apply(test: RecordedCase, [path, pattern, text]: Change): RecordedCase {
  const change = (part: unknown): unknown => {
    if (pattern === null || (part !== undefined && typeof part !== 'string')) return pattern === null ? undefined : part;
    // A part that is missing is made only by a pattern that is about nothing.
    return part === undefined && !new RegExp(pattern).test('') ? part : (part ?? '').replace(new RegExp(pattern, 'g'), text);
  };
  return changedAt(test, path.split('.'), change) as RecordedCase;
}

/** A text that a client sends at once becomes its lines, each sent after the answer to the one before. */
const inLines = (test: RecordedCase, path: string): RecordedCase =>
  changedAt(test, path.split('.'), (part) =>
    typeof part === 'string' ? (part.match(/[^\n]*\n|[^\n]+$/g) ?? []) : part,
  ) as RecordedCase;

/** Undefined: no such rule is about the case, or it changes nothing in it. */
export function another(list: readonly Difference[], file: string, test: RecordedCase): Another | undefined {
  for (const { reason, rule } of list) {
    if (rule?.as === undefined || !applies(rule, file, test)) continue;
    const { change = [], lines } = rule.as;
    const changed = change.reduce(apply, lines === undefined ? test : inLines(test, lines));
    if (!isDeepStrictEqual(changed, test)) return { reason, test: changed, set: rule.set ?? {} };
  }
  return undefined;
}
