/** Files of control/ that nobody reads (copies that editors leave aside), and whose names are nearly those of files that count. */
import { controlNames } from '../control-names.js';
import { controlPath } from '../control-strict.js';
import type { Advice } from './advice.js';

/** Read from control/ elsewhere. */
const others = ['checkpassword', 'morercpthosts', 'morercpthosts.cdb', 'qmqpservers'];
const known: ReadonlySet<string> = new Set([...controlNames, ...others]);

export function misspelt(names: readonly string[]): readonly Advice[] {
  return names.flatMap((name) => {
    if (known.has(name) || /[.~]/.test(name)) return [];
    const meant = [...known].find((one) => isNear(name.toLowerCase(), one));
    if (meant === undefined) return [];
    return [{ file: controlPath(name), line: 0, text: `is not read; perhaps ${meant} is meant`, serious: false }];
  });
}

/** Equal but for case, one letter too many, too few or another, or two that changed places. */
function isNear(name: string, one: string): boolean {
  let start = 0;
  while (start < name.length && name[start] === one[start]) start++;
  let [a, b] = [name.length, one.length];
  while (a > start && b > start && name[a - 1] === one[b - 1]) {
    a--;
    b--;
  }
  const [left, right] = [name.slice(start, a), one.slice(start, b)];
  // Short names are too near to each other.
  if (one.length < 4) return left === '' && right === '';
  return (left.length <= 1 && right.length <= 1) || (left.length === 2 && left === [...right].reverse().join(''));
}
