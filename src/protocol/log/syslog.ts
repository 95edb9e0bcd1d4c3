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
const longest = 799;

/** `facility`: 0 to 23 (RFC 3164). `now`: milliseconds since 1970. Nothing for an empty line. */
export function syslogEntries(line: ByteString, facility: number, now: number): readonly SyslogEntry[] {
  const severity = line.startsWith('alert:') ? alert : line.startsWith('warning:') ? warning : info;
  const micros = Math.round((now % 1_000) * 1_000);
  const stamp = `${Math.floor(now / 1_000)}.${String(micros).padStart(6, '0')}`;
  const clean = line.replace(/[^\x20-\x7e]/g, '?');
  const entries: SyslogEntry[] = [];
  for (let at = 0; at < clean.length; at += longest) {
    // A plus in place of the blank marks what continues a line.
    const text = `${stamp}${at === 0 ? ' ' : '+'}${clean.slice(at, at + longest)}`;
    entries.push({ priority: facility * 8 + severity, text });
  }
  return entries;
}
