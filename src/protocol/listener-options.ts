/**
 * Options of a line of control/listeners: which there are, what their values may be, and what those that ask about
 * clients (host name, ident, DNS lists) amount to.
 */
import { isZone, type ListSource } from './block-list.js';
import { showValue } from './control-strict.js';

const maxParallel = 10_000;
/** Seconds; a client waits that long before it is greeted. */
const longestLookup = 30;
const mostZones = 16;
/** Seconds for all questions to DNS lists about one client. */
const listSeconds = 10;

interface OptionRule {
  readonly example: string;
  /** Undefined when the value is right. */
  wrong(value: string): string | undefined;
}

const whole = (value: string, most: number): boolean => /^[0-9]{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= most;
const number = (example: string, most: number): OptionRule => ({
  example,
  wrong: (value) => (whole(value, most) ? undefined : `is not a whole number from 1 to ${most}`),
});
const word = (...words: readonly string[]): OptionRule => ({
  example: words[0] ?? '',
  wrong: (value) => (words.includes(value) ? undefined : `is unknown; write ${words.join(' or ')}`),
});
const zones: OptionRule = {
  example: 'list.example.org',
  wrong: (value) => {
    const names = value.split(',');
    if (names.length > mostZones) return `has more than ${mostZones} zones`;
    return names.every(isZone) ? undefined : 'is not zone[,zone...]';
  },
};

const rules: Readonly<Record<string, OptionRule>> = {
  rules: { example: 'tcp.smtp', wrong: () => undefined },
  max: number('100', maxParallel),
  hostname: number('5', longestLookup),
  ident: number('5', longestLookup),
  rbl: zones,
  allow: zones,
  rblfail: word('open', 'closed'),
  rblcode: word('451', '553'),
};
const listOptions = ['rbl', 'allow', 'rblfail', 'rblcode'];
const known = 'rules=FILE, max=N, hostname=SECONDS, ident=SECONDS, rbl=ZONE, allow=ZONE, rblfail=open|closed and rblcode=451|553';

/** The options after the address; a text when one is wrong. An unknown one is wrong: `rule=` must not open a door. */
export function parseOptions(protocol: string, words: readonly string[]): Record<string, string> | string {
  const options = new Map<string, string>();
  for (const text of words) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? '' : text.slice(equals + 1);
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) return `option ${showValue(name)} is unknown; known are ${known}`;
    if (value === '') return `option ${name} needs a value, as ${name}=${rule.example}`;
    if (options.has(name)) return `option ${name} stands twice; keep one`;
    const wrong = rule.wrong(value);
    if (wrong !== undefined) return `${name}=${showValue(value)} ${wrong}`;
    if (protocol === 'qmqp' && listOptions.includes(name)) {
      return `option ${name} is for listeners that strangers use; a qmqp listener has access rules`;
    }
    options.set(name, value);
  }
  if (!options.has('rbl') && ['allow', 'rblfail'].some((name) => options.has(name))) return 'allow= and rblfail= need rbl=ZONE';
  return Object.fromEntries(options);
}

export interface InquirySetting {
  /** Seconds; undefined: not asked. */
  readonly hostname: number | undefined;
  readonly ident: number | undefined;
  /** Allow lists first. */
  readonly lists: readonly ListSource[];
  readonly listSeconds: number;
  readonly failClosed: boolean;
  /** 553 in place of 451. */
  readonly hard: boolean;
}

const seconds = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));
const sources = (kind: ListSource['kind'], value: string | undefined): ListSource[] =>
  value === undefined ? [] : value.split(',').map((zone) => ({ kind, zone, by: 'A' }));

/** What has to be asked about each client; undefined: nothing. */
export function inquirySetting(options: Readonly<Record<string, string>>): InquirySetting | undefined {
  const { hostname, ident, rbl, allow } = options;
  if (hostname === undefined && ident === undefined && rbl === undefined) return undefined;
  return {
    hostname: seconds(hostname),
    ident: seconds(ident),
    lists: [...sources('allow', allow), ...sources('block', rbl)],
    listSeconds,
    failClosed: options.rblfail === 'closed',
    hard: options.rblcode === '553',
  };
}
