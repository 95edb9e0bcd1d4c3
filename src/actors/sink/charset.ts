/**
 * Octets of a named character set as text. An unknown set is read as UTF-8 where that fits, else octet by octet.
 */

export function decodeCharset(octets: Buffer, charset: string): string {
  for (const name of [charset, 'utf-8']) {
    try {
      return new TextDecoder(name, { fatal: name === 'utf-8' }).decode(octets);
    } catch {
      // Not known, or other octets than it allows.
    }
  }
  return octets.toString('latin1');
}
