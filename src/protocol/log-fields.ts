/**
 * A log event as the fields of a JSON record (contract §5, control/logformat `json`).
 * Same events as the text log; texts are given whole, since JSON needs no safe encoding.
 */
import type { LogEvent } from './log-line.js';

/** pino's level names: what an operator must see is above `info`. */
export type LogLevel = 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, string | number | boolean>>;

export function logLevel(event: LogEvent): LogLevel {
  if (event.event === 'alert') return 'error';
  return event.event === 'warning' ? 'warn' : 'info';
}

/**
 * The fields of an event in a fixed order; `event` first, a blank in its name becomes `_`
 * (`new_msg`), so that log tools can use it as a word. Mail texts are byte strings: latin1.
 */
export function jsonFields(event: LogEvent): LogFields {
  const { event: name, ...rest } = event;
  return { event: name.replace(' ', '_'), ...rest };
}
