/**
 * The kill loop: load, SIGKILL of every process of the server at a random moment, restart, and so on; then wait until
 * nothing is left in the queue and account for every message.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKeepingSink } from '../../support/keeping-sink.js';
import { banner, type Ending, makeMailHome, openFolder, soon } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { drained } from '../../support/server-status.js';
import { Book, type Verdict } from './book.js';
import { Load } from './load.js';
import { numberOf } from './numbered.js';

export interface RoundsOptions {
  readonly rounds: number;
  /** Milliseconds of load from the banner to the kill: the least and the most. */
  readonly loadMs: readonly [number, number];
}

export interface RoundsResult extends Verdict {
  readonly kills: number;
  /** Remote deliveries that the log (some ms behind) shows under way at a kill: the most of one, and of all together. */
  readonly mostInFlight: number;
  readonly allInFlight: number;
  /** Most remote arrivals for the second time between one kill and the next. */
  readonly mostTwiceAfterKill: number;
  /** From `tqmail start` until a client has the first line. */
  readonly bannerMedianMs: number;
  readonly bannerMaxMs: number;
  readonly seconds: number;
}

interface Kill {
  readonly inFlight: number;
  /** Second arrivals of the whole run until this kill. */
  readonly twiceBefore: number;
}

/** Messages that may wait in the server before the senders pause: the loop is about kills, not about backlogs. */
const mostBehind = 300;
const senders = 6;
/** Deliveries to the next hop that can be under way. */
const remoteSlots = 20;
/** Most that may arrive twice after one kill: deliveries at work and those not on disk yet, as send bounds them (send/slots.ts). */
export const mostTwice: number = 1.5 * remoteSlots;

export async function runRounds(ending: Ending, options: RoundsOptions): Promise<RoundsResult> {
  const begun = performance.now();
  const book = new Book();
  const sink = await startKeepingSink(ending, {
    taken: ({ bytes }) => {
      book.arriveRemote(numberOf(bytes));
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port, { concurrencyremote: `${remoteSlots}` });
  const load = new Load({
    port: home.port,
    senders,
    accepted: (n) => book.accept(n),
    hold: () => book.behind > mostBehind,
  });
  ending.after(() => load.stop());
  const kills: Kill[] = [];
  const startMs: number[] = [];
  let server = new ServerProcess(ending, home);
  await banner(home.port);
  while (kills.length < options.rounds) {
    const [least, most] = options.loadMs;
    await soon(least + Math.random() * (most - least));
    kills.push({ inFlight: server.remoteInFlight, twiceBefore: book.twiceRemote });
    await server.killAll();
    const startedAt = performance.now();
    server = new ServerProcess(ending, home);
    await banner(home.port);
    startMs.push(performance.now() - startedAt);
  }
  await load.stop();
  await drained(server);
  await server.stop();
  readMaildir(home.maildir, book);
  return summary(book.verdict(), kills, startMs, begun);
}

/** Enters every message of a Maildir in the book. */
export function readMaildir(maildir: string, book: Book): void {
  for (const folder of ['new', 'cur']) {
    for (const name of readdirSync(join(maildir, folder))) book.arriveLocal(numberOf(readFileSync(join(maildir, folder, name))));
  }
}

function summary(verdict: Verdict, kills: readonly Kill[], startMs: readonly number[], begun: number): RoundsResult {
  const twice = kills.map(({ twiceBefore }, at) => (kills[at + 1]?.twiceBefore ?? verdict.twiceRemote) - twiceBefore);
  const sorted = [...startMs].sort((a, b) => a - b);
  return {
    kills: kills.length,
    ...verdict,
    mostInFlight: Math.max(0, ...kills.map(({ inFlight }) => inFlight)),
    allInFlight: kills.reduce((sum, { inFlight }) => sum + inFlight, 0),
    mostTwiceAfterKill: Math.max(0, ...twice),
    bannerMedianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    bannerMaxMs: Math.round(sorted.at(-1) ?? 0),
    seconds: Math.round((performance.now() - begun) / 100) / 10,
  };
}
