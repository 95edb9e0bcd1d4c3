/**
 * One line on stderr that says what is going on, on a terminal only.
 * Figures never go here.
 */

export interface Progress {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

const pauseMs = 200;

export function progressLine(title: string): Progress {
  if (!process.stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  let shownAt = 0;
  const write = (text: string): void => {
    process.stderr.write(`\r\x1b[K${text}`);
  };
  write(title);
  return {
    show(text) {
      if (Date.now() - shownAt < pauseMs) return;
      shownAt = Date.now();
      write(`${title}: ${text}`);
    },
    clear: () => write(''),
  };
}
