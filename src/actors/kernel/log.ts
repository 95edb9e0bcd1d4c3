/**
 * How an actor writes to the activity log: events are rendered where they happen and go to splogger
 * once a tick, as text (qmail's format) or as events (json). Never waits; when splogger is behind,
 * lines are dropped, counted, and the count is told with the next lines that go through.
 */
import { type LogEvent, renderLogLine } from '../../protocol/log-line.js';
import type { Settings } from '../../protocol/settings.js';
import type { LogBatch } from '../messages.js';

/** The part of a splogger peer that is needed here; every actor with that edge has it. */
interface Lines {
  tell(message: 'lines', payload: LogBatch): boolean;
}

/** Lines are collected this long: a post to another thread costs more than all lines of a message. */
const flushMs = 20;
/** Octets of text after which lines go at once. */
const flushOctets = 65_536;
/** Events after which they go at once. */
const flushEvents = 500;

export class ActivityLog {
  readonly #lines: Lines;
  #json: boolean;
  #text = '';
  #events: LogEvent[] = [];
  #count = 0;
  #scheduled = false;
  dropped = 0;
  #untold = 0;

  constructor(lines: Lines, settings: Settings) {
    this.#lines = lines;
    this.#json = settings.logformat === 'json';
  }

  /** control/logformat may have changed; what was collected goes out in the form it has. */
  reload(settings: Settings): void {
    this.flush();
    this.#json = settings.logformat === 'json';
  }

  write(event: LogEvent): void {
    if (this.#json) this.#events.push(event);
    else this.#text += `${renderLogLine(event)}\n`;
    this.#count += 1;
    if (this.#text.length >= flushOctets || this.#events.length >= flushEvents) {
      this.flush();
      return;
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.flush();
    }, flushMs);
  }

  warning(text: string): void {
    this.write({ event: 'warning', text });
  }

  flush(): void {
    if (this.#count === 0) return;
    if (this.#untold > 0) {
      const event: LogEvent = { event: 'warning', text: `${this.#untold} log lines dropped: the reader of the log is too slow` };
      if (this.#json) this.#events.push(event);
      else this.#text += `${renderLogLine(event)}\n`;
    }
    const batch: LogBatch = this.#json ? { events: this.#events, count: this.#count } : { text: this.#text, count: this.#count };
    if (this.#lines.tell('lines', batch)) this.#untold = 0;
    else {
      this.dropped += this.#count;
      this.#untold += this.#count;
    }
    this.#text = '';
    this.#events = [];
    this.#count = 0;
  }
}
