/**
 * IP addresses as text: which strings are one, and one spelling for each, so that addresses can be
 * compared and used as keys. Text only: no lookup, no socket.
 */

/** `1.2.3.4` with each number at most 255, leading zeros dropped; undefined when it is none. */
export function canonicalIPv4(text: string): string | undefined {
  if (text.length > 15) return undefined;
  let octet = 0;
  let digits = 0;
  let ends = 0;
  let spare = false;
  for (let at = 0; at <= text.length; at++) {
    const digit = at === text.length ? Number.NaN : text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && octet === 0) spare = true;
      octet = octet * 10 + digit;
      if (++digits > 3 || octet > 255) return undefined;
    } else {
      if (digits === 0 || (at < text.length && digit !== -2)) return undefined;
      ends++;
      octet = 0;
      digits = 0;
    }
  }
  if (ends !== 4) return undefined;
  return spare ? text.split('.').map(Number).join('.') : text;
}

/** The groups of one side of `::`; undefined when one is malformed. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const octets = canonicalIPv4(part)?.split('.').map(Number);
      if (octets === undefined) return undefined;
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      groups.push(a * 256 + b, c * 256 + d);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** The eight groups of an IPv6 address (RFC 4291 §2.2); undefined when the text is none. */
export function ipv6Groups(text: string): readonly number[] | undefined {
  if (text.length > 45 || !text.includes(':')) return undefined;
  const gap = text.indexOf('::');
  if (gap < 0) {
    const groups = groupsOf(text);
    return groups?.length === 8 ? groups : undefined;
  }
  const left = text.slice(0, gap);
  if (left.includes('.')) return undefined;
  const head = groupsOf(left);
  const tail = groupsOf(text.slice(gap + 2));
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function formatIPv6(groups: readonly number[]): string {
  let best = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      best = start;
      bestLength = length;
    }
  }
  const hex = groups.map((group) => group.toString(16));
  if (best < 0) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** One spelling of an IPv6 address; an IPv4 address written as IPv6 (`::ffff:1.2.3.4`) becomes IPv4. */
export function canonicalIPv6(text: string): string | undefined {
  const groups = ipv6Groups(text);
  if (groups === undefined) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return formatIPv6(groups);
}

/** One spelling of an IPv4 or IPv6 address; undefined when the text is neither. */
export function canonicalIp(text: string): string | undefined {
  return canonicalIPv4(text) ?? canonicalIPv6(text);
}

/**
 * A host that is an address: `1.2.3.4`, `[1.2.3.4]` (qmail) or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3;
 * the tag may be missing). The canonical address, or undefined when the host is a name.
 */
export function hostLiteral(host: string): string | undefined {
  if (!host.startsWith('[')) return canonicalIPv4(host);
  if (!host.endsWith(']')) return undefined;
  const inside = host.slice(1, -1);
  return /^ipv6:/i.test(inside) ? canonicalIPv6(inside.slice(5)) : canonicalIp(inside);
}
