/**
 * splogger: the only writer of the activity log. In qmail's format the lines come rendered and go to pino's
 * destination as they are; in json they become pino records. Bounded: when the reader of the log is too slow,
 * lines are dropped and counted; mail is never slowed down.
 */
import { pino } from 'pino';
import { jsonFields, logLevel } from '../../protocol/log-fields.js';
import { type LogEvent, renderLogLine } from '../../protocol/log-line.js';
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
  /** Lost lines that the log speaks of. */
  let told = 0;
  const reload = (settings: Settings): void => {
    json = settings.logformat === 'json';
    stamp = settings.logstamp === 'tai64n' && !json ? stamper(context.clock) : undefined;
  };
  reload(context.settings);

  /** Lines that their actor rendered before it heard of another form: one record each, so that every line is one. */
  const late = (text: string): void => {
    for (const line of text.slice(0, -1).split('\n')) records.info({ event: 'line', text: line });
  };

  const event = (one: LogEvent): void => {
    if (json) records[logLevel(one)](jsonFields(one));
    else destination.write(stamp === undefined ? `${renderLogLine(one)}\n` : stamp(`${renderLogLine(one)}\n`));
  };

  /** The reader is back: it reads that there is a gap, and how large it is. */
  const tellMissing = (): void => {
    const { dropped, moves } = destination;
    if (dropped === told || !moves) return;
    event({ event: 'warning', text: `${dropped - told} log lines lost: the reader of the log was too slow` });
    told = dropped;
  };

  const lines = ({ text, events, count }: LogBatch): void => {
    tellMissing();
    written += count;
    if (text !== undefined && json) late(text);
    else if (text !== undefined) destination.write(stamp === undefined ? text : stamp(text));
    for (const one of events ?? []) event(one);
  };
  return {
    handlers: { lines },
    reload,
    stop: () => destination.close(),
    counters: () => ({ 'log.lines': written, 'log.lost': destination.lost }),
  };
}
