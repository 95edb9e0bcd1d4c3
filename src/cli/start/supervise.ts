/**
 * Keeps one child process running: starts it, starts it again with back-off when it dies, gives up
 * after five deaths in a minute. Knows nothing of what the child does.
 */
import type { ChildProcess } from 'node:child_process';
import { type Failures, nextRestart, noFailures } from './back-off.js';

export interface Charge {
  readonly role: string;
  /** Starts the process. Must not throw: a process that cannot be started ends at once. */
  spawn(): ChildProcess;
  started(child: ChildProcess): void;
  /** It died; it is started again after `delayMs`. */
  died(how: string, delayMs: number): void;
  gaveUp(how: string): void;
}

export interface Supervised {
  /** Starts the child for the first time; called once. */
  begin(): void;
  child(): ChildProcess | undefined;
  /** From now on its end is wanted; resolves with how it ended, at once when it is not running. */
  ending(): Promise<string>;
  /** Its next end is wanted, and it is started again without delay. */
  endsToRestart(): void;
}

const cleanEnd = 'exit code 0';

export function endedCleanly(how: string): boolean {
  return how === cleanEnd;
}

export function supervise(charge: Charge): Supervised {
  let failures: Failures = noFailures;
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let restartWanted = false;
  let whenGone: ((how: string) => void) | undefined;

  const start = (): void => {
    timer = undefined;
    const startedAt = Date.now();
    const current = charge.spawn();
    child = current;
    let over = false;
    const end = (how: string): void => {
      if (over) return;
      over = true;
      child = undefined;
      ended(how, startedAt);
    };
    current.once('error', (error) => end(`cannot be started: ${error.message}`));
    current.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    if (current.pid !== undefined) charge.started(current);
  };
  const ended = (how: string, startedAt: number): void => {
    if (whenGone !== undefined) {
      whenGone(how);
      return;
    }
    if (restartWanted) {
      restartWanted = false;
      start();
      return;
    }
    const next = nextRestart(failures, startedAt, Date.now());
    if (next.tag === 'give up') {
      charge.gaveUp(how);
      return;
    }
    failures = next.failures;
    charge.died(how, next.delayMs);
    timer = setTimeout(start, next.delayMs);
  };

  return {
    begin: start,
    child: () => child,
    ending: () =>
      new Promise((settle) => {
        clearTimeout(timer);
        whenGone = settle;
        if (child === undefined) settle(cleanEnd);
      }),
    endsToRestart: () => {
      restartWanted = true;
    },
  };
}
