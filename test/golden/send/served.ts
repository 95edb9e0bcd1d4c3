/** A server at work for one case, whatever it runs in; and how its rest is noticed. */
import { setTimeout as wait } from 'node:timers/promises';

export interface Figures {
  readonly log: readonly string[];
  /** Messages in the queue, and those of them that are opened in memory. */
  readonly messages: number;
  readonly jobs: number;
}

export interface Served {
  figures(): Promise<Figures>;
  signal(signal: 'SIGALRM' | 'SIGHUP'): Promise<void>;
  /** A clean end: the whole log, and what is left, a line a message as `tqmail queue --export qmail` prints it. */
  stop(): Promise<{ readonly log: readonly string[]; readonly exported: readonly string[] }>;
}

const pollMs = 8;
/** So often in a row nothing may go on: log lines travel for 20 ms. */
const stillPolls = 5;
const limitMs = 20_000;

/** Resolves when the log has seen at least `arrived` messages come and nothing is tried any more. */
export async function atRest(served: Served, arrived: number): Promise<void> {
  for (let still = 0, end = Date.now() + limitMs; still < stillPolls; await wait(pollMs)) {
    const { log, messages, jobs } = await served.figures();
    const came = log.filter((line) => line.startsWith('new msg ')).length;
    const went = log.filter((line) => line.startsWith('end msg ')).length;
    const quiet = jobs === 0 && came >= arrived && came - went === messages;
    still = quiet ? still + 1 : 0;
    if (Date.now() > end)
      throw new Error(`no rest within ${limitMs / 1000} s: ${JSON.stringify({ came, went, messages, jobs })}`);
  }
}
