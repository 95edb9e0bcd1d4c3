/**
 * splogger: the only writer of the activity log. In qmail's format the lines come rendered and go to pino's
 * destination as they are; in json they become pino records. Bounded: when the reader of the log is too slow,
 * lines are dropped and counted; mail is never slowed down.
 */
import { pino } from 'pino';
import { jsonFields, logLevel } from '../../protocol/log-fields.js';
import { renderLogLine } from '../../protocol/log-line.js';
import type { Actor, ActorContext } from '../kernel/actor.js';
import type { LogBatch } from '../messages.js';
import type { LogDestination } from './destination.js';
import { stamper } from './stamp.js';

export function createSplogger(context: ActorContext<'splogger'>, destination: LogDestination): Actor<'splogger'> {
  const { settings } = context;
  const json = settings.logformat === 'json';
  const records = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  const stamp = settings.logstamp === 'tai64n' ? stamper(context.clock) : undefined;
  let written = 0;

  const lines = ({ text, events, count }: LogBatch): void => {
    written += count;
    if (text !== undefined) destination.write(stamp === undefined ? text : stamp(text));
    for (const event of events ?? []) {
      if (json) records[logLevel(event)](jsonFields(event));
      else destination.write(`${renderLogLine(event)}\n`);
    }
  };
  return {
    handlers: { lines },
    stop: () => destination.flushSync(),
    counters: () => ({ 'log.lines': written, 'log.lost': destination.lost }),
  };
}
