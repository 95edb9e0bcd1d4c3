/**
 * Log lines of the parent itself, on stdout like all others, in the format that control/logformat asks for.
 * One write a line, so that lines of parent and node do not mix.
 */
import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Settings } from '../../protocol/settings.js';

export type LogLevel = 'alert' | 'warning' | 'info';
export type WriteLog = (level: LogLevel, text: string) => void;

const pinoLevel: Readonly<Record<LogLevel, number>> = { alert: 50, warning: 40, info: 30 };
const taiEpoch = 2n ** 62n + 10n;

export function serverLog(format: Pick<Settings, 'logformat' | 'logstamp'>): WriteLog {
  return (level, text) => {
    const clean = text.replace(/[^\x20-\x7e]/g, '?');
    const now = Date.now();
    const line =
      format.logformat === 'json'
        ? JSON.stringify({
            level: pinoLevel[level],
            time: now,
            pid: process.pid,
            hostname: hostname(),
            event: level,
            text: clean,
          })
        : `${format.logstamp === 'tai64n' ? `${tai64n(now)} ` : ''}${level === 'info' ? '' : `${level}: `}${clean}`;
    try {
      writeSync(1, `${line}\n`);
    } catch {
      // A log reader that is gone or slow must not end the server.
    }
  };
}

function tai64n(ms: number): string {
  const seconds = taiEpoch + BigInt(Math.floor(ms / 1000));
  return `@${seconds.toString(16)}${((ms % 1000) * 1_000_000).toString(16).padStart(8, '0')}`;
}
