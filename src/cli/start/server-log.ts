/**
 * Log lines of the parent itself, where all others go (stdout, or qmail-start's logger), in the format that control/logformat asks for.
 * One write a line, so that lines of parent and node do not mix.
 */
import { writeSync } from 'node:fs';
import type { Settings } from '../../protocol/settings.js';
import { tai64n } from '../../protocol/tai64n.js';

export type LogLevel = 'alert' | 'warning' | 'info';
export type WriteLog = (level: LogLevel, text: string) => void;

/** As pino numbers them; an alert is an error. */
const levels: Readonly<Record<LogLevel, number>> = { alert: 50, warning: 40, info: 30 };

export function serverLog(format: Pick<Settings, 'logformat' | 'logstamp'>, fd = 1): WriteLog {
  return (level, text) => {
    const clean = text.replace(/[^\x20-\x7e]/g, '?');
    const now = Date.now();
    const seconds = Math.floor(now / 1000);
    const stamp = format.logstamp === 'tai64n' ? `${tai64n(seconds, (now - seconds * 1000) * 1e6)} ` : '';
    const line =
      format.logformat === 'json'
        ? JSON.stringify({ level: levels[level], time: new Date(now).toISOString(), event: level, text: clean })
        : `${stamp}${level === 'info' ? '' : `${level}: `}${clean}`;
    try {
      writeSync(fd, `${line}\n`);
    } catch {
      // A log reader that is gone or slow must not end the server.
    }
  };
}
