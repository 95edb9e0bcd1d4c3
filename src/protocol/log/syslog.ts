/**
 * What splogger makes of a line of log (spec log.md): priority, stamp, printable text in pieces of bounded length. Pure;
 * the clock is the caller's.
 */
import type { ByteString } from '../mail.js';

export interface SyslogEntry {
  /** Facility and severity as in RFC 3164 section 4.1.1. */
  readonly priority: number;
  readonly text: string;
}

const alert = 1;
const warning = 4;
const info = 6;
/** Units of a line that go into one entry. */
export const syslogPiece = 799;

/** What the pieces of one line have in common. */
export interface LineStamp {
  readonly priority: number;
  /** Seconds since 1970 with six digits of microseconds. */
  readonly time: string;
}

/** Of the first piece of a line. `facility`: 0 to 23 (RFC 3164). `now`: milliseconds since 1970. */
export function lineStamp(line: ByteString, facility: number, now: number): LineStamp {
  const severity = line.startsWith('alert:') ? alert : line.startsWith('warning:') ? warning : info;
  const micros = Math.round((now % 1_000) * 1_000);
  return { priority: facility * 8 + severity, time: `${Math.floor(now / 1_000)}.${String(micros).padStart(6, '0')}` };
}

/** Nothing for an empty text. `begins`: the text is the beginning of its line. */
export function syslogEntries(text: ByteString, { priority, time }: LineStamp, begins = true): readonly SyslogEntry[] {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  const entries: SyslogEntry[] = [];
  for (let at = 0; at < clean.length; at += syslogPiece) {
    // A plus in place of the blank marks what continues a line.
    entries.push({ priority, text: `${time}${begins && at === 0 ? ' ' : '+'}${clean.slice(at, at + syslogPiece)}` });
  }
  return entries;
}
