/**
 * What tcprules makes of its source: the records of a cdb (spec companions.md §1.2). Addresses stay as they are written,
 * ranges become one record each, IPv6 addresses get the one spelling that is looked for. Writes no file.
 */
import { fromByteString } from './bytes.js';
import type { CdbRecord } from './cdb.js';
import { canonicalIPv6 } from './ip-address.js';
import type { ByteString } from './mail.js';
import { expandRange, type Instructions, ipv6Prefix, parseRuleLine, ruleLines } from './tcprules.js';

/** Records of one compiled file; more do not compile. */
const mostRecords = 1_000_000;

/** `D` NUL for deny, then `+VAR=value` NUL for each variable. */
function encoded({ allow, assignments }: Instructions): Uint8Array {
  const variables = assignments.map(([name, value]) => `+${name}=${value}\0`).join('');
  return fromByteString(`${allow ? '' : 'D\0'}${variables}`);
}

function keysOf(address: ByteString): readonly ByteString[] | undefined {
  if (address.includes('=') || address.includes('@')) return [address];
  if (address.includes(':')) {
    const key = canonicalIPv6(address) ?? ipv6Prefix(address);
    return key === undefined ? undefined : [key];
  }
  const expanded = expandRange(address);
  return expanded?.length === 1 && address.includes('-') && expanded[0] === address ? undefined : expanded;
}

/** All records in the order of the source, or the first line that is no rule. */
export function compileRules(
  text: ByteString,
): { readonly records: readonly CdbRecord[] } | { readonly wrong: ByteString; readonly line: number } {
  const records: CdbRecord[] = [];
  for (const [number, line] of ruleLines(text)) {
    const parsed = parseRuleLine(line);
    const keys = typeof parsed === 'string' ? undefined : keysOf(parsed.address);
    if (typeof parsed === 'string' || keys === undefined || records.length > mostRecords) return { wrong: line, line: number };
    const value = encoded(parsed.instructions);
    for (const key of keys) records.push({ key: fromByteString(key), value });
  }
  return { records };
}
