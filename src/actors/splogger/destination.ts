/**
 * Where the log goes: pino's destination on a descriptor, with a bound on what may wait for a slow reader.
 */
import { pino } from 'pino';

/** Octets that may wait for the reader of the log; what comes above it is lost and counted. */
const mostWaiting = 16 * 1024 * 1024;

export interface LogDestination {
  write(text: string): void;
  flushSync(): void;
  /** Pieces of log that were thrown away. */
  readonly lost: number;
}

export function logDestination(fd: number): LogDestination {
  let lost = 0;
  const sonic = pino.destination({ dest: fd, sync: false, maxLength: mostWaiting });
  sonic.on('drop', () => {
    lost += 1;
  });
  // A reader that went away must not end the mail server: what it misses is counted.
  sonic.on('error', () => {
    lost += 1;
  });
  return {
    write: (text) => {
      sonic.write(text);
    },
    flushSync: () => {
      try {
        sonic.flushSync();
      } catch {
        lost += 1;
      }
    },
    get lost() {
      return lost;
    },
  };
}
