/**
 * What different.json says: the cases in which tqmail differs on purpose, each with its reason and with the result that is
 * chosen instead, written out or made of the recorded one by a rule. A rule also holds for cases that no list names.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { root } from '../../runner/tree.js';
import type { RecordedCase } from './adapter.js';

/** One change: a dotted path in the case, a pattern, and what takes its place; null instead of a pattern: the part goes. */
export type Change = readonly [path: string, pattern: string | null, text: string];

interface Rule {
  readonly file: string;
  /** Dotted path in the case to a pattern its text (a list: all its texts) must match, or to null: nothing stands there. */
  readonly where?: Readonly<Record<string, string | null>>;
  /** Pattern and replacement, for every text of `expected`; `{PATH}` in a replacement is the number that the case has there, or the first line. */
  readonly replace?: readonly (readonly [string, string])[];
  /** Parts of `expected` that are always these. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** What tqmail gives for the case changed so is the result; `lines` names a text that is sent line by line (as-another.ts). */
  readonly as?: { readonly change?: readonly Change[]; readonly lines?: string };
}

export interface Difference {
  readonly reason: string;
  readonly ids: readonly string[];
  /** By id: the parts of `expected` in whose place tqmail does something else. */
  readonly chosen?: Readonly<Record<string, object>>;
  readonly rule?: Rule;
}

/** What is chosen for one case. */
export interface Choice {
  readonly reason: string;
  /** Its id is listed: to behave as recorded is a failure. */
  readonly listed: boolean;
  /** Undefined: nothing says what happens instead. */
  readonly result: unknown;
}

export type Choices = (file: string, test: RecordedCase) => Choice | undefined;

export function choices(list: readonly Difference[]): Choices {
  return (file, test) => {
    const own = list.find(({ ids }) => ids.includes(test.id));
    const chosen = own?.chosen?.[test.id];
    if (own !== undefined && chosen !== undefined)
      return { reason: own.reason, listed: true, result: { ...(test.expected as object), ...chosen } };
    const ruled = byAllRules(list, file, test);
    if (own !== undefined) return { reason: own.reason, listed: true, result: ruled?.result };
    return ruled === undefined ? undefined : { ...ruled, listed: false };
  };
}

/** Several rules may hold for one case, one after the other; those that change nothing are no reason. */
function byAllRules(
  list: readonly Difference[],
  file: string,
  test: RecordedCase,
): { readonly reason: string; readonly result: unknown } | undefined {
  let result: unknown = test.expected;
  const reasons: string[] = [];
  for (const { reason, rule } of list) {
    if (rule === undefined || rule.as !== undefined || !applies(rule, file, test)) continue;
    const changed = byRule(rule, result, test);
    if (isDeepStrictEqual(changed, result)) continue;
    result = changed;
    reasons.push(reason);
  }
  return reasons.length === 0 ? undefined : { reason: reasons.join('; '), result };
}

/** Those of test/golden/different.json. */
export const ownDifferences = (): readonly Difference[] =>
  JSON.parse(readFileSync(join(root, 'test/golden/different.json'), 'utf8')) as readonly Difference[];

export const ownChoices = (): Choices => choices(ownDifferences());

export function applies({ file, where = {} }: Rule, caseFile: string, test: RecordedCase): boolean {
  if (file !== caseFile) return false;
  return Object.entries(where).every(([path, pattern]) => {
    const value = valueAt(test, path);
    if (pattern === null) return value === undefined;
    const text = Array.isArray(value) ? value.join('') : value;
    return (typeof text === 'string' || typeof text === 'number') && new RegExp(pattern).test(String(text));
  });
}

const valueAt = (test: RecordedCase, path: string): unknown =>
  path.split('.').reduce<unknown>((tree, name) => (tree as Record<string, unknown> | undefined)?.[name], test);

function byRule({ replace = [], set = {} }: Rule, expected: unknown, test: RecordedCase): unknown {
  const word = (_: string, path: string): string => /^(?:\d+|[^\n]*)/.exec(String(valueAt(test, path)))?.[0] ?? '';
  const patterns = replace.map(([pattern, text]) => [new RegExp(pattern, 'g'), text.replace(/\{(\w+\.\w+)\}/g, word)] as const);
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') return patterns.reduce((text, [pattern, to]) => text.replace(pattern, to), value);
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaced(item)]));
  };
  return { ...(replaced(expected) as object), ...set };
}
