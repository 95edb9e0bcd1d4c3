/**
 * Octets of a named character set as text. An unknown set is read as UTF-8 where that fits, else octet by octet.
 */

/** Octets as text for a person: UTF-8 where that fits. Nearly all are ASCII. */
export function readable(octets: string): string {
  return /[\x80-\xff]/.test(octets) ? decodeCharset(Buffer.from(octets, 'latin1'), 'utf-8') : octets;
}

export function decodeCharset(octets: Buffer, charset: string): string {
  for (const name of charset === '' ? ['utf-8'] : [charset, 'utf-8']) {
    try {
      return new TextDecoder(name, { fatal: name === 'utf-8' }).decode(octets);
    } catch {
      // Not known, or other octets than it allows.
    }
  }
  return octets.toString('latin1');
}
