/**
 * Replaces what changes from run to run by the placeholders of the recording (README.md of the cases): only values close
 * to the moment of the run; the same pattern with another time is part of the input and stays.
 */

export interface Moment {
  /** Seconds since 1970 between which the case ran. */
  readonly from: number;
  readonly to: number;
  /** Host name of this machine, as it appears in names of maildir files. */
  readonly host: string;
}

const recordedHost = 'oracle.example.com';
/** Clocks are read at different moments. */
const slack = 2;

type Rule = readonly [pattern: RegExp, seconds: (found: readonly string[]) => number | undefined, to: string];

const parsed = (text: string): number => Date.parse(text) / 1000;

function stampSeconds(stamp: string): number {
  const [year, month, day, hour, minute, second] = (/^(....)(..)(..)(..)(..)(..)$/.exec(stamp) ?? []).slice(1).map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) / 1000;
}

function rules(host: string): readonly Rule[] {
  const name = host.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [
    [/\b(\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d -0000)/g, ([, date = '']) => parsed(date), '{DATE}'],
    [/\b([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\b/g, ([, date = '']) => parsed(`${date} UTC`), '{CTIME}'],
    [/\b(\d{14})\.\d+\.qmail@/g, ([, stamp = '']) => stampSeconds(stamp), '{STAMP}.{PID}.qmail@'],
    [/\bok (\d+) qp \d+/g, ([, time]) => Number(time), 'ok {TIME} qp {PID}'],
    [/\bKok (\d+) qp \d+/g, ([, time]) => Number(time), 'Kok {TIME} qp {PID}'],
    [/<\d+\.(\d+)@/g, ([, time]) => Number(time), '<{PID}.{TIME}@'],
    [new RegExp(`\\b(\\d+)\\.\\w+\\.${name}`, 'g'), ([, time]) => Number(time), `{TIME}.{PID}.${recordedHost}`],
    [/\b(\d{10})\.\d+\b/g, ([, time]) => Number(time), '{TIME}.{PID}'],
    [/\(qmail \d+ invoked/g, () => undefined, '(qmail {PID} invoked'],
    [/(?<![A-Za-z0-9])qp([ _])\d+/g, () => undefined, 'qp$1{PID}'],
    [/\b\d+:Kok \{TIME\} qp \{PID\},/g, () => undefined, '{LEN}:Kok {TIME} qp {PID},'],
  ];
}

/** `text` with placeholders in place of what is volatile. */
function withPlaceholders(text: string, moment: Moment): string {
  let result = text;
  for (const [pattern, seconds, to] of rules(moment.host)) {
    result = result.replaceAll(pattern, (...found) => {
      const groups = found.filter((part): part is string => typeof part === 'string');
      const time = seconds(groups);
      const near = time === undefined || (time >= moment.from - slack && time <= moment.to + slack);
      return near ? to.replace('$1', groups[1] ?? '') : (groups[0] ?? '');
    });
  }
  return result;
}

/** The same for every string of a value, names of properties left alone. */
export function valueWithPlaceholders(value: unknown, moment: Moment): unknown {
  if (typeof value === 'string') return withPlaceholders(value, moment);
  if (Array.isArray(value)) return value.map((item) => valueWithPlaceholders(item, moment));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, valueWithPlaceholders(item, moment)]));
}
