/**
 * One line on standard error that says how far long work is: on a terminal only, so that pipes and logs stay clean. It is
 * wiped away at the end. Results never go here.
 */

export interface Progress {
  /** Shows `TITLE: text` in place of the line before, a few times a second at most. */
  show(text: string): void;
  /** Takes the line away; it may come again. */
  clear(): void;
}

/** What a line needs of a stream. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const pauseMs = 200;
const usualColumns = 80;

const nothing: Progress = { show: () => undefined, clear: () => undefined };

/** Begins with the title alone. `now` is in milliseconds. */
export function progressLine(title: string, terminal: Terminal = process.stderr, now: () => number = Date.now): Progress {
  if (terminal.isTTY !== true) return nothing;
  let shownAt = Number.NEGATIVE_INFINITY;
  const write = (text: string): void => {
    // A line that wraps could not be wiped away.
    terminal.write(`\r\x1b[K${text.slice(0, (terminal.columns || usualColumns) - 1)}`);
  };
  write(title);
  return {
    show(text) {
      if (now() - shownAt < pauseMs) return;
      shownAt = now();
      write(`${title}: ${text}`);
    },
    clear: () => write(''),
  };
}

/** The same, and nothing while the results themselves come to the terminal. */
export const progressBeside = (results: Terminal, title: string): Progress =>
  results.isTTY === true ? nothing : progressLine(title);
