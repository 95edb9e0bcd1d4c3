/**
 * TAI64N labels as multilog writes and tai64nlocal reads them: `@` and 24 hexadecimal digits.
 * The clock is the caller's. Like multilog this counts 10 s between the two time scales and no leap seconds.
 */

const offset = 10;
const epochHigh = 0x40000000;

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** `seconds` since 1970 (whole, from 0 to 2^53 - 11) and `nanoseconds` (0 to 999999999) as a label. */
export function tai64n(seconds: number, nanoseconds: number): string {
  const tai = seconds + offset;
  return `@${hex8(epochHigh + Math.floor(tai / 2 ** 32))}${hex8(tai % 2 ** 32)}${hex8(nanoseconds)}`;
}

export interface LabelTime {
  /** Since 1970; negative before. */
  readonly seconds: number;
  /** 0 to 999999999. */
  readonly nanoseconds: number;
}

const label = /^@[0-9a-f]{24}/;

/** The label that a line begins with; undefined when there is none, or one outside of what can be counted exactly. */
export function readTai64n(line: string): LabelTime | undefined {
  if (!label.test(line)) return undefined;
  const seconds = (Number.parseInt(line.slice(1, 9), 16) - epochHigh) * 2 ** 32 + Number.parseInt(line.slice(9, 17), 16) - offset;
  const nanoseconds = Number.parseInt(line.slice(17, 25), 16);
  return Number.isSafeInteger(seconds) && nanoseconds < 1e9 ? { seconds, nanoseconds } : undefined;
}
