/**
 * How far the zone of $TZ is from UTC now: TZ in POSIX form, or a name of the zone database; without TZ the system's zone.
 */
import { offsetAt, parsePosixZone } from '../../protocol/posix-zone.js';

/** What the C library takes for a zone that has summer time and does not say when. */
const usualRules = ',M3.2.0,M11.1.0';

/** Seconds east of UTC at `now`, seconds since 1970. A zone that nobody knows is UTC, as for the C library. */
export function localOffset(now: number, tz: string | undefined): number {
  const named = tz?.replace(/^:/, '');
  if (named === '') return 0;
  const posix = named === undefined ? undefined : parsePosixZone(named);
  if (posix !== undefined) return offsetAt(posix, now);
  try {
    return databaseOffset(now, named);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const ruled = parsePosixZone(`${named}${usualRules}`);
    return ruled === undefined ? 0 : offsetAt(ruled, now);
  }
}

/** Throws RangeError for an unknown name. */
function databaseOffset(now: number, name: string | undefined): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(name === undefined ? {} : { timeZone: name }),
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const part = new Map(format.formatToParts(new Date(now * 1000)).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) / 1000 - now;
}
