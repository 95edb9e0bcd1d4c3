/**
 * What programs ask of the sink as a library, looked at before it is obeyed: a name with a slip in it would be passed over, and the
 * test that gave it would mean nothing. Not for what comes over HTTP or from a command line, which have words of their own.
 */
import { types } from 'node:util';
import type { SinkMatch } from './match.js';
import type { SinkListenerProtocol, SinkOptions } from './options.js';

const listeners = ['smtp', 'smtps', 'lmtp', 'qmtp', 'http'] as const satisfies readonly SinkListenerProtocol[];
/** A record, so that the compiler misses an option that is not here. */
const others: Readonly<Record<Exclude<keyof SinkOptions, SinkListenerProtocol>, true>> = {
  httpNames: true,
  keep: true,
  out: true,
  arrived: true,
  maxSize: true,
  rules: true,
  magic: true,
  ledger: true,
  resume: true,
  lateMs: true,
  threads: true,
  tls: true,
  troubled: true,
};
const numbers = ['keep', 'maxSize', 'lateMs', 'threads'] as const satisfies readonly (keyof SinkOptions)[];
const words = ['to', 'from', 'subject', 'text'] as const satisfies readonly (keyof SinkMatch)[];
/** The longest that a timer of Node can be set to. */
const longestMs = 2 ** 31 - 1;

/** Throws TypeError. */
export function checkOptions(options: SinkOptions): void {
  checkNames('startSink', options, [...listeners, ...Object.keys(others)]);
  for (const name of listeners) {
    const at = options[name];
    if (at === undefined) continue;
    if (typeof at?.address !== 'string' || !isPort(at.port)) {
      throw new TypeError(`${name} is { address, port }, as { address: '127.0.0.1', port: 0 }, not ${shown(at)}`);
    }
  }
  checkValues(options);
}

/** Throws TypeError. */
function checkValues(options: SinkOptions): void {
  for (const name of numbers) {
    const value: unknown = options[name];
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw new TypeError(`${name} is a number, not ${shown(value)}`);
  }
  const { rules, tls, ledger, out, arrived } = options;
  for (const [name, value] of Object.entries({ ledger, out })) {
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new TypeError(`${name} is a path, not ${shown(value)}`);
  }
  if (arrived !== undefined && typeof arrived !== 'function') throw new TypeError(`arrived is a function, not ${shown(arrived)}`);
  if (rules !== undefined && typeof rules !== 'string')
    throw new TypeError(`rules is a text or a preset's name, not ${shown(rules)}`);
  if (tls === undefined || tls === 'self-made' || (typeof tls?.cert === 'string' && typeof tls.key === 'string')) return;
  throw new TypeError(`tls is 'self-made' or { cert, key } in PEM`);
}

/** Throws TypeError. */
export function checkMatch(match: SinkMatch): void {
  checkNames('a match', match, [...words, 'after']);
  for (const name of words) {
    const wanted: unknown = match[name];
    if (wanted === undefined || typeof wanted === 'string' || types.isRegExp(wanted)) continue;
    throw new TypeError(`${name} is a string or a regular expression, not ${shown(wanted)}`);
  }
  const { after } = match;
  if (after !== undefined && !Number.isInteger(after)) throw new TypeError(`after is the id of a message, not ${shown(after)}`);
}

/** Milliseconds that a timer can be set to; Infinity is as long as can be. Throws TypeError. */
export function waitMs(options: { readonly timeout?: number }, usual: number): number {
  checkNames('wait', options, ['timeout']);
  const { timeout = usual } = options;
  if (typeof timeout === 'number' && timeout >= 0) return Math.min(timeout, longestMs);
  throw new TypeError(`timeout is a number of milliseconds, not ${shown(timeout)}`);
}

/** A match in words. */
export function matchText(match: SinkMatch): string {
  const given = Object.entries(match).filter(([, value]) => value !== undefined);
  return given.length === 0 ? '{}' : `{ ${given.map(([name, value]) => `${name}: ${shown(value)}`).join(', ')} }`;
}

function checkNames(asked: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${asked} takes an object, not ${shown(given)}`);
  const name = Object.keys(given).find((one) => !known.includes(one));
  if (name !== undefined) throw new TypeError(`"${name}" is not known to ${asked}: ${known.join(', ')}`);
}

const isPort = (port: unknown): boolean => Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65_535;

function shown(value: unknown): string {
  return types.isRegExp(value) || typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
