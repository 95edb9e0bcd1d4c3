/**
 * Octets changed by chance: flips, cuts, repetitions, words of the language, pieces of other inputs. The same seed gives
 * the same changes. Knows nothing of what the octets mean.
 */

/** Numbers from 0 to below 1 (mulberry32). */
export type Chance = () => number;

export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to below `limit`. */
export const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);

export function oneOf<T>(chance: Chance, list: readonly T[]): T {
  const one = list[below(chance, list.length)];
  if (one === undefined) throw new Error('nothing to choose from');
  return one;
}

/** Octets that parsers have opinions about. */
const odd = ['\0', '\r', '\n', '\r\n', '\n\n', '.', '..', '@', ':', ',', ';', '<', '>', '"', '\\', '(', ')', '[', ']', ' ', '\t'];
const oddest = [
  '%',
  '!',
  '/',
  '-',
  '+',
  '=',
  '|',
  '&',
  '#',
  '\x7f',
  '\x80',
  '\xff',
  '\x1b',
  '\x85',
  '0',
  '9',
  '-1',
  '99999999999',
];
const names = ['__proto__', 'constructor', 'toString'];
const interesting: readonly string[] = [...odd, ...oddest, ...names];

const longest = 16_384;

type Change = (text: string, chance: Chance, words: readonly string[], others: readonly string[]) => string;

const insert = (text: string, at: number, what: string, over = 0): string => text.slice(0, at) + what + text.slice(at + over);

const changes: readonly Change[] = [
  (text, chance) => {
    const at = below(chance, text.length);
    return insert(text, at, String.fromCharCode(((text.charCodeAt(at) || 0) ^ (1 << below(chance, 8))) & 255), 1);
  },
  (text, chance) => insert(text, below(chance, text.length + 1), String.fromCharCode(below(chance, 256)), below(chance, 2)),
  (text, chance) => insert(text, below(chance, text.length + 1), oneOf(chance, interesting), below(chance, 3)),
  (text, chance, words) => insert(text, below(chance, text.length + 1), oneOf(chance, words), below(chance, 3)),
  (text, chance, words) => insert(text, below(chance, text.length + 1), oneOf(chance, words)),
  (text, chance) => insert(text, below(chance, text.length), '', 1 + below(chance, 8)),
  (text, chance) => insert(text, below(chance, text.length), '', below(chance, text.length)),
  (text, chance) => text.slice(0, below(chance, text.length + 1)),
  (text, chance) => {
    const at = below(chance, text.length);
    const piece = text.slice(at, at + 1 + below(chance, 40));
    return insert(text, below(chance, text.length + 1), piece.repeat(1 + below(chance, 4)));
  },
  (text, chance) =>
    insert(text, below(chance, text.length + 1), (text[below(chance, text.length)] ?? 'x').repeat(below(chance, 3_000))),
  (text, chance, _words, others) => {
    const other = oneOf(chance, others);
    return text.slice(0, below(chance, text.length + 1)) + other.slice(below(chance, other.length + 1));
  },
  (text, chance) =>
    text.replace(/\d+/, () => String(below(chance, 2) === 0 ? below(chance, 40) : Math.floor(chance() * 2 ** 40))),
];

/** `input` with one to eight changes; at most 16 KiB. `words` and `others` must not be empty. */
export function mutated(input: string, chance: Chance, words: readonly string[], others: readonly string[]): string {
  let text = input;
  for (let left = 1 + below(chance, chance() < 0.8 ? 3 : 8); left > 0; left--) {
    text = oneOf(chance, changes)(text, chance, words, others).slice(0, longest);
  }
  return text;
}
