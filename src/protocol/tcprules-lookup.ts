/**
 * Which access rule a client gets (spec companions.md §1.2): its address, then ever shorter beginnings of it, then the
 * rule for everybody; between them its host name and who ident says it is, where they are known. Looks in a parsed source or in a compiled cdb; opens no file.
 */
import { fromByteString, toByteString } from './bytes.js';
import { cdbGet } from './cdb.js';
import { canonicalIp, ipv6Groups } from './ip-address.js';
import type { ByteString } from './mail.js';
import type { AccessRule, RuleTable } from './tcprules.js';

/** `damaged`: the compiled rules contradict themselves; the client must not get in. */
export type RuleAnswer = AccessRule | undefined | 'damaged';
export type RuleLookup = (key: ByteString) => RuleAnswer;

/** What is known of a client. */
export interface ClientNames {
  readonly ip: ByteString;
  /** Lower case; undefined when nobody asked, or there is none. */
  readonly host?: ByteString | undefined;
  /** What its ident server says. */
  readonly info?: ByteString | undefined;
}

/** An address and what it begins with, from the longest. An IPv4 address written as IPv6 counts as IPv4. */
function addressKeys(ip: ByteString): readonly ByteString[] {
  const address = canonicalIp(ip);
  if (address === undefined) return [];
  const groups = ipv6Groups(address);
  const separator = groups === undefined ? '.' : ':';
  const parts = groups?.map((group) => group.toString(16)) ?? address.split('.');
  const keys = [address];
  for (let length = parts.length - 1; length > 0; length--) keys.push(parts.slice(0, length).join(separator) + separator);
  return keys;
}

/** `=host`'s shorter forms: `=.example.org`, `=.org`, `=`. */
function hostKeys(host: ByteString): readonly ByteString[] {
  const keys: ByteString[] = [];
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) keys.push(`=${host.slice(dot)}`);
  return [...keys, '='];
}

/** Keys in the order in which they are tried. */
export function ruleKeys({ ip, host, info }: ClientNames): readonly ByteString[] {
  const [address, ...prefixes] = addressKeys(ip);
  const own = address === undefined ? [] : [address];
  const named = host === undefined ? [] : [`=${host}`];
  const asked = info === undefined ? [] : [...own, ...named].map((key) => `${info}@${key}`);
  return [...asked, ...own, ...named, ...prefixes, ...(host === undefined ? [] : hostKeys(host)), ''];
}

export interface FoundRule {
  readonly key: ByteString;
  readonly rule: AccessRule | 'damaged';
}

/** The first rule on the way with its key; none means that the client may come in. */
export function firstRule(client: ClientNames, lookup: RuleLookup): FoundRule | undefined {
  for (const key of ruleKeys(client)) {
    const rule = lookup(key);
    if (rule !== undefined) return { key, rule };
  }
  return undefined;
}

export function findRule(client: ClientNames, lookup: RuleLookup): RuleAnswer {
  return firstRule(client, lookup)?.rule;
}

export function tableLookup(rules: RuleTable): RuleLookup {
  return (key) => rules.get(key);
}

/** Rules as tcprules compiles them: `D` NUL for deny, then `+VAR=value` NUL for each variable. */
export function cdbLookup(file: Uint8Array): RuleLookup {
  return (key) => {
    const answer = cdbGet(file, fromByteString(key));
    if (answer.tag === 'none') return undefined;
    return answer.tag === 'damaged' ? 'damaged' : decodeRule(toByteString(answer.value));
  };
}

function decodeRule(data: ByteString): RuleAnswer {
  let allow = true;
  const variables = new Map<ByteString, ByteString>();
  for (const part of data.split('\0')) {
    const equals = part.indexOf('=');
    if (part === 'D') allow = false;
    else if (part.startsWith('+') && equals > 1) variables.set(part.slice(1, equals), part.slice(equals + 1));
    else if (part !== '') return 'damaged';
  }
  return { allow, variables };
}
