/**
 * tcprules sources (spec companions.md §1.2): `address:allow` or `address:deny`, then `,VAR="value"...`, a line a rule.
 * Makes rules of text; who matches which is tcprules-lookup.ts. Stricter than tcprules in one thing: an address that no
 * client can have (`1.2.3` without its dot) is a problem, not a rule that never counts.
 */
import { lowerCaseAscii } from './bytes.js';
import { canonicalIPv4, canonicalIPv6, ipv6Groups } from './ip-address.js';
import type { ByteString } from './mail.js';

export interface AccessRule {
  readonly allow: boolean;
  /** Environment variables of qmail's server; their last value counts. */
  readonly variables: ReadonlyMap<ByteString, ByteString>;
}

export interface RuleProblem {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** Rules by key: an address, the beginning of one, or empty for everybody. */
export type RuleTable = ReadonlyMap<ByteString, AccessRule>;
export type RulesParsed = { readonly rules: RuleTable } | { readonly problems: readonly RuleProblem[] };

/** Rules after ranges were expanded; more are a problem. */
const mostRules = 200_000;
const mostProblems = 20;

export interface Instructions {
  readonly allow: boolean;
  /** In their order, repeated ones too. */
  readonly assignments: readonly (readonly [ByteString, ByteString])[];
}

/** The instructions after the address; undefined when they are malformed. The quote may be any character. */
function parseInstructions(text: ByteString): Instructions | undefined {
  const allow = text.startsWith('allow');
  const assignments: (readonly [ByteString, ByteString])[] = [];
  let at = allow ? 5 : 4;
  while (at < text.length) {
    const equals = text.indexOf('=', at);
    const quote = text[equals + 1];
    if (text[at] !== ',' || equals <= at + 1 || quote === undefined) return undefined;
    const end = text.indexOf(quote, equals + 2);
    if (end < 0) return undefined;
    assignments.push([text.slice(at + 1, equals), text.slice(equals + 2, end)]);
    at = end + 1;
  }
  return { allow, assignments };
}

/** `10.2-3.` becomes `10.2.` and `10.3.`; at most one part is a range. Undefined: not of that shape. */
export function expandRange(address: ByteString): readonly ByteString[] | undefined {
  const found = /^((?:\d{1,3}\.){0,3})(\d{1,3})-(\d{1,3})((?:\.\d{1,3}){0,3}\.?)$/.exec(address);
  if (found === null) return [address];
  const [, before = '', from, to, after = ''] = found;
  const first = Number(from);
  const last = Number(to);
  if (first > last || last > 255) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => `${before}${first + index}${after}`);
}

/** `2001:db8:` and `2001:db8::/32` as the groups that they begin with. */
export function ipv6Prefix(address: ByteString): ByteString | undefined {
  const slash = address.indexOf('/');
  if (slash >= 0) {
    const groups = ipv6Groups(address.slice(0, slash));
    const bits = /^\d{1,3}$/.test(address.slice(slash + 1)) ? Number(address.slice(slash + 1)) : 0;
    if (groups === undefined || bits < 16 || bits > 112 || bits % 16 !== 0) return undefined;
    return groups
      .slice(0, bits / 16)
      .map((group) => `${group.toString(16)}:`)
      .join('');
  }
  if (!/^(?:[0-9a-f]{1,4}:){1,7}$/i.test(address)) return undefined;
  return address.toLowerCase().replace(/(^|:)0+(?=[0-9a-f])/g, '$1');
}

/** The key under which a client finds this rule; undefined when no client could. */
function keyOf(address: ByteString): ByteString | undefined {
  // Host names and ident names match only where the listener asks for them.
  if (address.includes('@') || address.startsWith('=')) return lowerHost(address);
  if (address === '') return address;
  if (/^(?:\d{1,3}\.){1,3}$/.test(address)) {
    const parts = address.slice(0, -1).split('.').map(Number);
    return parts.every((part) => part <= 255) ? `${parts.join('.')}.` : undefined;
  }
  return canonicalIPv4(address) ?? canonicalIPv6(address) ?? ipv6Prefix(address);
}

/** Host names are compared in lower case; the name before `@` is as ident gave it. */
function lowerHost(address: ByteString): ByteString {
  const from = address.lastIndexOf('@') + 1;
  return address.slice(0, from) + lowerCaseAscii(address.slice(from));
}

const cannotMatch =
  'is neither an address, nor the beginning of one as 1.2.3. or 2001:db8: (or 2001:db8::/32), nor a range as 1.2.3.4-9';

export interface RuleLine {
  /** As it stands there; empty for everybody. */
  readonly address: ByteString;
  readonly instructions: Instructions;
}

/** One line as its two parts, or what is wrong with it. An IPv6 address may have colons of its own. */
export function parseRuleLine(line: ByteString): RuleLine | string {
  const split = /:(?:allow|deny)(?:,|$)/.exec(line);
  if (split === null) return 'is not address:allow or address:deny, with nothing or ,VAR="value" behind it';
  const instructions = parseInstructions(line.slice(split.index + 1));
  if (instructions === undefined) return 'has a variable that is not of the form ,VAR="value"';
  return { address: line.slice(0, split.index), instructions };
}

/** Lines that hold a rule, with their numbers from 1; blanks at their ends do not count. */
export function ruleLines(text: ByteString): readonly (readonly [number, ByteString])[] {
  return text
    .split('\n')
    .map((raw, index) => [index + 1, raw.replace(/[ \t\r]+$/, '')] as const)
    .filter(([, line]) => line !== '' && !line.startsWith('#'));
}

function parseRule(line: ByteString): readonly (readonly [ByteString, AccessRule])[] | string {
  const parsed = parseRuleLine(line);
  if (typeof parsed === 'string') return parsed;
  const { address, instructions } = parsed;
  const rule: AccessRule = { allow: instructions.allow, variables: new Map(instructions.assignments) };
  const entries: (readonly [ByteString, AccessRule])[] = [];
  for (const one of expandRange(address) ?? [undefined]) {
    const key = one === undefined ? undefined : keyOf(one);
    if (key === undefined) return cannotMatch;
    entries.push([key, rule]);
  }
  return entries;
}

function shown(line: ByteString): string {
  const cut = line.length > 60 ? `${line.slice(0, 60)}...` : line;
  return `"${cut.replace(/[^\x20-\x7e]/g, '?')}"`;
}

/** All rules of a source, or everything that is wrong with it. Of equal addresses the first counts. */
export function parseRules(text: ByteString): RulesParsed {
  const rules = new Map<ByteString, AccessRule>();
  const problems: RuleProblem[] = [];
  for (const [number, line] of ruleLines(text)) {
    const parsed = parseRule(line);
    if (typeof parsed === 'string') problems.push({ line: number, text: `${shown(line)} ${parsed}` });
    else for (const [key, rule] of parsed) if (!rules.has(key)) rules.set(key, rule);
    if (rules.size > mostRules) problems.push({ line: number, text: `more than ${mostRules} rules; use prefixes` });
    if (problems.length >= mostProblems || rules.size > mostRules) break;
  }
  return problems.length === 0 ? { rules } : { problems };
}
