/**
 * multilog's patterns (spec companions.md §2.2): literal text with stars. Matching only, in one pass: a star runs to
 * the first unit that is the one after it, and never comes back.
 */
import type { ByteString } from '../mail.js';

export function matchesPattern(pattern: ByteString, line: ByteString): boolean {
  let at = 0;
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== '*') {
      if (line[at] !== pattern[i]) return false;
      at++;
      continue;
    }
    const next = pattern[i + 1];
    if (next === undefined) return true;
    at = line.indexOf(next, at);
    if (at < 0) return false;
  }
  return at === line.length;
}
