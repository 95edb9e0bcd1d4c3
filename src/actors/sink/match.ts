/**
 * Which messages somebody looks for, and somebody who waits for one.
 * Words are found anywhere, in any case; regular expressions as they say themselves.
 */
import type { KeptMessage, KeptMessages } from './kept.js';
import { holdsText, type MessageSummary, summaryOf } from './received.js';

/** All that are given must hold. */
export interface SinkMatch {
  /** In a recipient or the To field. */
  readonly to?: string | RegExp | undefined;
  /** In the envelope's sender or the From field. */
  readonly from?: string | RegExp | undefined;
  readonly subject?: string | RegExp | undefined;
  /** Anywhere in the message: as it came, or decoded. */
  readonly text?: string | RegExp | undefined;
  /** Only messages with a higher number. */
  readonly after?: number | undefined;
}

export function matches(message: KeptMessage, match: SinkMatch): boolean {
  const { to, from, subject, text, after } = match;
  if (after !== undefined && message.id <= after) return false;
  // Only asked for what somebody wants to know: a header is read for it.
  const summary = (): MessageSummary => summaryOf(message);
  return (
    (to === undefined || holds([...summary().recipients, summary().to], to)) &&
    (from === undefined || holds([summary().sender, summary().from], from)) &&
    (subject === undefined || holds([summary().subject], subject)) &&
    (text === undefined || holdsText(message, finder(text)))
  );
}

function holds(texts: readonly string[], wanted: string | RegExp): boolean {
  return texts.some(finder(wanted));
}

function finder(wanted: string | RegExp): (text: string) => boolean {
  // Unlike test, search begins at the start each time.
  if (typeof wanted !== 'string') return (text) => text.search(wanted) !== -1;
  const lower = wanted.toLowerCase();
  return (text) => text.toLowerCase().includes(lower);
}

const mostWaiting = 1_000;

interface Waiting {
  readonly match: SinkMatch;
  readonly done: (message: KeptMessage | undefined) => void;
}

export class Waiters {
  readonly #kept: KeptMessages;
  readonly #waiting = new Set<Waiting>();
  closed = false;

  constructor(kept: KeptMessages) {
    this.#kept = kept;
    kept.onAdded((message) => {
      for (const waiting of this.#waiting) if (matches(message, waiting.match)) waiting.done(message);
    });
  }

  /**
   * The oldest kept message that matches, or the next that arrives; undefined after `ms` milliseconds, when `gone` fires or when
   * the sink closes. Throws when too many wait already.
   */
  wait(match: SinkMatch, ms: number, gone?: AbortSignal): Promise<KeptMessage | undefined> {
    for (const message of this.#kept.all()) if (matches(message, match)) return Promise.resolve(message);
    if (this.#waiting.size >= mostWaiting) throw new Error(`${mostWaiting} wait already`);
    if (gone?.aborted === true || this.closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const stop = (): void => waiting.done(undefined);
      const timer = setTimeout(stop, ms);
      const waiting: Waiting = {
        match,
        done: (message) => {
          clearTimeout(timer);
          gone?.removeEventListener('abort', stop);
          this.#waiting.delete(waiting);
          resolve(message);
        },
      };
      gone?.addEventListener('abort', stop);
      this.#waiting.add(waiting);
    });
  }

  /** Nobody waits any longer, then or later. */
  close(): void {
    this.closed = true;
    for (const waiting of [...this.#waiting]) waiting.done(undefined);
  }
}
