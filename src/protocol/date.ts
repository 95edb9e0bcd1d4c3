/**
 * The date that qmail writes into Received lines: `D Mon YYYY HH:MM:SS -0000`, always UTC (spec smtpd.md §3).
 * Pure: the caller brings the time.
 */
import type { ByteString } from './mail.js';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const secondsADay = 86400;

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** `3 Jan 2026 ` for a count of days since 1970-01-01 (proleptic Gregorian calendar, March-based years). */
function dayText(days: number): string {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  return `${day} ${months[month]} ${year} `;
}

/** The date text of a moment in whole seconds since 1970 (fractions are cut). */
export function formatDate(seconds: number): ByteString {
  return `${dateAndTime(seconds)} -0000`;
}

/** The date of somebody's clock, `offset` seconds east of UTC: `D Mon YYYY HH:MM:SS +HHMM`, the zone to the minute. */
export function formatLocalDate(seconds: number, offset: number): ByteString {
  const minutes = Math.round(Math.abs(offset) / 60);
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  return `${dateAndTime(seconds + offset)} ${zone}`;
}

/** `D Mon YYYY HH:MM:SS` in UTC. */
export function dateAndTime(seconds: number): ByteString {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / secondsADay);
  const rest = whole - days * secondsADay;
  const hours = Math.floor(rest / 3600);
  const minutes = Math.floor(rest / 60) % 60;
  return `${dayText(days)}${two(hours)}:${two(minutes)}:${two(rest % 60)}`;
}

/** A `formatDate` that remembers its last answer: thousands of messages share a second. */
export function dateFormatter(): (seconds: number) => ByteString {
  let last = Number.NaN;
  let text = '';
  return (seconds) => {
    const whole = Math.floor(seconds);
    if (whole !== last) {
      last = whole;
      text = formatDate(whole);
    }
    return text;
  };
}
