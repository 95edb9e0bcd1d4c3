/**
 * The kill loop: load, a fault at a random moment (SIGKILL of every process, or of one, or the end of a thread), another
 * server where none is left, and so on; then wait until nothing is left in the queue and account for every message.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startKeepingSink } from '../../support/keeping-sink.js';
import type { LoopDisk } from '../../support/loop-disk.js';
import { banner, type Ending, makeMailHome, openFolder, soon } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { drained } from '../../support/server-status.js';
import { Book, type Verdict } from './book.js';
import { Load } from './load.js';
import { numberOf } from './numbered.js';
import { type StrikeName, strike } from './strikes.js';

export interface RoundsOptions {
  readonly rounds: number;
  /** Milliseconds of load from the banner to the kill: the least and the most. */
  readonly loadMs: readonly [number, number];
  /** One after another, from the beginning again; default: SIGKILL of all processes. */
  readonly strikes?: readonly StrikeName[];
  /** Home and Maildir stand there; needed for the strike `power`. */
  readonly disk?: LoopDisk;
  /** Called with each server once it greets. */
  readonly greeted?: (server: ServerProcess) => Promise<void>;
}

/** What the rounds of one fault did. */
interface StrikeRow {
  readonly fault: string;
  readonly rounds: number;
  /** Remote deliveries that the log shows under way at the fault. */
  readonly inFlight: number;
  /** Second remote arrivals from then until the next fault. */
  readonly twice: number;
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
  readonly table: readonly StrikeRow[];
}

interface Kill {
  readonly fault: StrikeName;
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

/** Failures that one server bears before it is replaced by another. */
const mostBorne = 3;
/** Small heaps, so that a thread that takes all memory soon has it. */
const environment = { TQMAIL_TEST_FAULTS: '1', NODE_OPTIONS: '--max-old-space-size=256' };

export async function runRounds(ending: Ending, options: RoundsOptions): Promise<RoundsResult> {
  const begun = performance.now();
  const book = new Book();
  const sink = await startKeepingSink(ending, {
    taken: ({ bytes }) => {
      book.arriveRemote(numberOf(bytes));
      return { accept: true };
    },
  });
  const home = await makeMailHome(options.disk?.folder ?? openFolder(ending), sink.port, { concurrencyremote: `${remoteSlots}` });
  options.disk?.flush();
  const load = new Load({
    port: home.port,
    senders,
    accepted: (n) => book.accept(n),
    hold: () => book.behind > mostBehind,
  });
  ending.after(() => load.stop());
  const kills: Kill[] = [];
  const startMs: number[] = [];
  const start = async (): Promise<ServerProcess> => {
    const startedAt = performance.now();
    const server = new ServerProcess(ending, home, environment);
    await banner(home.port);
    startMs.push(performance.now() - startedAt);
    await options.greeted?.(server);
    return server;
  };
  let server = await start();
  startMs.pop();
  const strikes = options.strikes ?? ['all'];
  for (let borne = 0; kills.length < options.rounds; ) {
    const [least, most] = options.loadMs;
    await soon(least + Math.random() * (most - least));
    const fault = strikes[kills.length % strikes.length] ?? 'all';
    kills.push({ fault, inFlight: server.remoteInFlight, twiceBefore: book.twiceRemote });
    const left = await strike(fault, server, options.disk);
    borne = left === 'gone' ? 0 : borne + 1;
    // The fifth failure within a minute would end the server, as it should.
    if (borne === mostBorne) await server.stop();
    if (left === 'stays' && borne < mostBorne) continue;
    borne = 0;
    server = await start();
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
    table: rows(kills, twice),
  };
}

function rows(kills: readonly Kill[], twice: readonly number[]): StrikeRow[] {
  const table = new Map<string, StrikeRow>();
  kills.forEach(({ fault, inFlight }, at) => {
    const row = table.get(fault) ?? { fault, rounds: 0, inFlight: 0, twice: 0 };
    table.set(fault, {
      fault,
      rounds: row.rounds + 1,
      inFlight: row.inFlight + inFlight,
      twice: row.twice + (twice[at] ?? 0),
    });
  });
  return [...table.values()];
}
