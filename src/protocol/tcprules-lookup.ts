/**
 * Which access rule a client gets (spec companions.md §1.2): its address, then ever shorter beginnings of it, then the
 * rule for everybody. Looks in a parsed source or in a compiled cdb; opens no file.
 */
import { fromByteString, toByteString } from './bytes.js';
import { cdbGet } from './cdb.js';
import { canonicalIp, ipv6Groups } from './ip-address.js';
import type { ByteString } from './mail.js';
import type { AccessRule, RuleTable } from './tcprules.js';

/** `damaged`: the compiled rules contradict themselves; the client must not get in. */
export type RuleAnswer = AccessRule | undefined | 'damaged';
export type RuleLookup = (key: ByteString) => RuleAnswer;

/** Keys in the order in which they are tried. An IPv4 address written as IPv6 counts as IPv4. */
export function ruleKeys(ip: ByteString): readonly ByteString[] {
  const address = canonicalIp(ip);
  if (address === undefined) return [''];
  const groups = ipv6Groups(address);
  const separator = groups === undefined ? '.' : ':';
  const parts = groups?.map((group) => group.toString(16)) ?? address.split('.');
  const keys = [address];
  for (let length = parts.length - 1; length > 0; length--) keys.push(parts.slice(0, length).join(separator) + separator);
  keys.push('');
  return keys;
}

/** The first rule on the way; none means that the client may come in. */
export function findRule(ip: ByteString, lookup: RuleLookup): RuleAnswer {
  for (const key of ruleKeys(ip)) {
    const found = lookup(key);
    if (found !== undefined) return found;
  }
  return undefined;
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
