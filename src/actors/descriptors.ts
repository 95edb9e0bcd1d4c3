/** How many descriptors this process may have open (RLIMIT_NOFILE); Node raised the soft limit at its start. */
import { readFileSync } from 'node:fs';

/** Where the limit cannot be read, the smallest usual one. */
const usual = 1_024;

export function descriptorLimit(): number {
  try {
    const found = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    if (found === 'unlimited') return Number.POSITIVE_INFINITY;
    return found === undefined ? usual : Number(found);
  } catch {
    return usual;
  }
}
