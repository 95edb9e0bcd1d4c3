/**
 * splogger: the only writer of the activity log. In qmail's format the lines come rendered and go to pino's
 * destination as they are; in json they become pino records. Bounded: when the reader of the log is too slow,
 * lines are dropped and counted; mail is never slowed down.
 */
import { pino } from 'pino';
import { jsonFields, logLevel } from '../../protocol/log-fields.js';
import { renderLogLine } from '../../protocol/log-line.js';
import type { Settings } from '../../protocol/settings.js';
import type { Actor, ActorContext } from '../kernel/actor.js';
import type { LogBatch } from '../messages.js';
import type { LogDestination } from './destination.js';
import { stamper } from './stamp.js';

export function createSplogger(context: ActorContext<'splogger'>, destination: LogDestination): Actor<'splogger'> {
  const records = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  let json = false;
  let stamp: ((text: string) => string) | undefined;
  let written = 0;
  const reload = (settings: Settings): void => {
    json = settings.logformat === 'json';
    stamp = settings.logstamp === 'tai64n' && !json ? stamper(context.clock) : undefined;
  };
  reload(context.settings);

  /** Lines that their actor rendered before it heard of another form: one record each, so that every line is one. */
  const late = (text: string): void => {
    for (const line of text.slice(0, -1).split('\n')) records.info({ event: 'line', text: line });
  };

  const lines = ({ text, events, count }: LogBatch): void => {
    written += count;
    if (text !== undefined && json) late(text);
    else if (text !== undefined) destination.write(stamp === undefined ? text : stamp(text));
    for (const event of events ?? []) {
      if (json) records[logLevel(event)](jsonFields(event));
      else destination.write(stamp === undefined ? `${renderLogLine(event)}\n` : stamp(`${renderLogLine(event)}\n`));
    }
  };
  return {
    handlers: { lines },
    reload,
    stop: () => destination.flushSync(),
    counters: () => ({ 'log.lines': written, 'log.lost': destination.lost }),
  };
}
