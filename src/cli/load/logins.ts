/**
 * The users of `tqmail source --auth FILE`: a line `NAME:SECRET` each, as AUTH PLAIN says them.
 * Reads and parses only; trouble is a thrown ToolUsage that names the line, never a secret.
 */
import { readFileSync } from 'node:fs';
import { ToolUsage } from '../tool-arguments.js';

/** A command line has room for no longer ones (RFC 4954 §4: 12,288 octets). */
const mostOctets = 4_096;

/** Base64 of RFC 4616: nobody acts for another. At least one. */
export function loginsFrom(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    throw new ToolUsage(`--auth ${file}: ${(error as Error).message}`);
  }
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return lines.map((line, index) => {
    const colon = line.indexOf(':');
    if (colon < 1 || colon === line.length - 1 || line.length > mostOctets || line.includes('\0'))
      throw new ToolUsage(`--auth ${file}: line ${index + 1} is not NAME:SECRET`);
    return Buffer.from(`\0${line.slice(0, colon)}\0${line.slice(colon + 1)}`, 'latin1').toString('base64');
  });
}
