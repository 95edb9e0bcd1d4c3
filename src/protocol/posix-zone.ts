/**
 * Time zones as POSIX writes them into TZ (`EST5EDT,M3.2.0,M11.1.0`, `IST-5:30`, `<+03>-3`; POSIX.1-2017 §8.3).
 * Pure; names of a zone database (`Europe/Berlin`) are not known here.
 */

interface Change {
  /** Days since the year's first day. */
  readonly day: (year: number) => number;
  /** Seconds after midnight of the time in force before. */
  readonly at: number;
}

export interface PosixZone {
  /** Seconds east of UTC. */
  readonly standard: number;
  readonly summer: { readonly offset: number; readonly from: Change; readonly to: Change } | undefined;
}

const zoneName = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)';
const time = '[+-]?\\d{1,3}(?::\\d{1,2}(?::\\d{1,2})?)?';
const form = new RegExp(`^${zoneName}(${time})(?:${zoneName}(${time})?,([^,]+),([^,]+))?$`);
const day = 86_400;
const hour = 3_600;

/** Undefined for text of another form; one with summer time must tell its rules. */
export function parsePosixZone(text: string): PosixZone | undefined {
  const [whole, offset, summerOffset, from, to] = form.exec(text) ?? [];
  if (whole === undefined || offset === undefined) return undefined;
  const standard = 0 - seconds(offset);
  if (from === undefined || to === undefined) return { standard, summer: undefined };
  const changes = [parseChange(from), parseChange(to)] as const;
  if (changes[0] === undefined || changes[1] === undefined) return undefined;
  const summer = summerOffset === undefined ? standard + hour : 0 - seconds(summerOffset);
  return { standard, summer: { offset: summer, from: changes[0], to: changes[1] } };
}

function seconds(text: string): number {
  const [hours = 0, minutes = 0, rest = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  const sum = hours * hour + minutes * 60 + rest;
  return text.startsWith('-') ? 0 - sum : sum;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysUntil = (year: number, month: number): number =>
  Math.round((Date.UTC(year, month - 1, 1) - Date.UTC(year, 0, 1)) / (day * 1000));

/** `M3.2.0`: second Sunday of March (5 = last); `J60`: 1 March always; `59`: counted from 0, leap days too. */
function parseChange(text: string): Change | undefined {
  const [rule = '', clock = '2'] = text.split('/');
  if (!new RegExp(`^${time}$`).test(clock)) return undefined;
  const at = seconds(clock);
  const [, month, week, weekday] = /^M(\d{1,2})\.([1-5])\.([0-6])$/.exec(rule) ?? [];
  if (month !== undefined) {
    if (Number(month) < 1 || Number(month) > 12) return undefined;
    return { at, day: (year) => weekdayOfMonth(year, Number(month), Number(week), Number(weekday)) };
  }
  const [, julian, digits] = /^(J?)(\d{1,3})$/.exec(rule) ?? [];
  if (digits === undefined) return undefined;
  const count = Number(digits);
  if (julian === '') return { at, day: () => count };
  return { at, day: (year) => count - 1 + (isLeap(year) && count >= 60 ? 1 : 0) };
}

function weekdayOfMonth(year: number, month: number, week: number, weekday: number): number {
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let date = 1 + ((weekday - first + 7) % 7) + (week - 1) * 7;
  while (date > length) date -= 7;
  return daysUntil(year, month) + date - 1;
}

/** Seconds east of UTC at a moment in seconds since 1970. */
export function offsetAt(zone: PosixZone, now: number): number {
  const { standard, summer } = zone;
  if (summer === undefined) return standard;
  const year = new Date((now + standard) * 1000).getUTCFullYear();
  const begin = Date.UTC(year, 0, 1) / 1000;
  const from = begin + summer.from.day(year) * day + summer.from.at - standard;
  const to = begin + summer.to.day(year) * day + summer.to.at - summer.offset;
  const within = from < to ? now >= from && now < to : now >= from || now < to;
  return within ? summer.offset : standard;
}
