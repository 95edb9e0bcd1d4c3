/**
 * Mixes on the command line of the source: `VALUE:WEIGHT,VALUE:WEIGHT,…`; a value alone has weight 1.
 * Parsing only; trouble is a thrown ToolUsage.
 */
import { ToolUsage } from '../tool-arguments.js';

interface Share<Value> {
  readonly value: Value;
  readonly weight: number;
}

const mostShares = 1_000;
const largest = 2 ** 30;
const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20 };

/** Octets, `k` = 1,024 and `m` = 1,048,576 of them, each at most 1 GiB. */
export function sizeMix(text: string): readonly Share<number>[] {
  return shares('size', text, (word) => {
    const [, digits = '', unit = ''] = /^(\d{1,10})([km]?)$/i.exec(word) ?? [];
    const octets = digits === '' ? Number.NaN : Number(digits) * (units[unit.toLowerCase()] ?? Number.NaN);
    return octets <= largest ? octets : undefined;
  });
}

export function domainMix(text: string): readonly Share<string>[] {
  return shares('domains', text, (word) => (/^[A-Za-z0-9.-]{1,253}$/.test(word) ? word : undefined));
}

function shares<Value>(option: string, text: string, read: (word: string) => Value | undefined): readonly Share<Value>[] {
  const words = text.split(',');
  if (words.length > mostShares) throw new ToolUsage(`--${option} has more than ${mostShares} parts`);
  return words.map((part) => {
    const [word = '', weightText = '1'] = part.split(':', 2);
    const value = read(word);
    const weight = /^\d{1,9}(\.\d{1,6})?$/.test(weightText) ? Number(weightText) : 0;
    if (value === undefined || !(weight > 0)) {
      throw new ToolUsage(
        `--${option} wants VALUE:WEIGHT,… as ${option === 'size' ? '4k:80,1m:20' : 'a.test:90,b.test:10'}, not ${part}`,
      );
    }
    return { value, weight };
  });
}
