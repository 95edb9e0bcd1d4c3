/**
 * Log lines of the parent itself, where all others go (stdout, or qmail-start's logger), in the format that control/logformat asks for.
 */
import type { Settings } from '../../protocol/settings.js';
import { tai64n } from '../../protocol/tai64n.js';
import type { LogLines } from './log-lines.js';

export type LogLevel = 'alert' | 'warning' | 'info';
export type WriteLog = (level: LogLevel, text: string) => void;

/** As pino numbers them; an alert is an error. */
const levels: Readonly<Record<LogLevel, number>> = { alert: 50, warning: 40, info: 30 };

export function serverLog(format: Pick<Settings, 'logformat' | 'logstamp'>, lines: LogLines): WriteLog {
  const line = (level: LogLevel, text: string): string => {
    const clean = text.replace(/[^\x20-\x7e]/g, '?');
    const now = Date.now();
    if (format.logformat === 'json')
      return `${JSON.stringify({ level: levels[level], time: new Date(now).toISOString(), event: level, text: clean })}\n`;
    const seconds = Math.floor(now / 1000);
    const stamp = format.logstamp === 'tai64n' ? `${tai64n(seconds, (now - seconds * 1000) * 1e6)} ` : '';
    return `${stamp}${level === 'info' ? '' : `${level}: `}${clean}\n`;
  };
  const missing = (count: number): string => line('warning', `${count} log lines lost: the reader of the log was too slow`);
  return (level, text) => lines.write(line(level, text), missing);
}
