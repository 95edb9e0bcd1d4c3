/**
 * The kill loop: load, a fault at a random moment (SIGKILL of every process, or of one, or the end of a thread), another
 * server where none is left, and so on; then wait until nothing is left in the queue and account for every message.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoopDisk } from '../../support/loop-disk.js';
import { banner, type Ending, makeMailHome, openFolder, soon } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { drained } from '../../support/server-status.js';
import { Book, type Round, type Verdict } from './book.js';
import { startBookingSink } from './booking-sink.js';
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
  /** Where in `strikes` the first round is; default 0. */
  readonly first?: number;
  /** True when the rounds are to end after the present one. */
  readonly enough?: () => boolean;
}

/** What the rounds of one fault did. */
export interface StrikeRow {
  readonly fault: string;
  readonly rounds: number;
  /** Messages of two recipients, accepted in the rounds that ended with it. */
  readonly accepted: number;
  /** Of those: recipients that have none, and local ones that have it twice. */
  readonly lost: number;
  readonly twiceLocal: number;
  /** Remote deliveries that the log shows under way at the fault. */
  readonly inFlight: number;
  /** Second remote arrivals that it explains, and the most of one fault. */
  readonly twice: number;
  readonly mostTwice: number;
}

export interface RoundsResult extends Verdict {
  readonly kills: number;
  /** Remote deliveries that the log (some ms behind) shows under way at a kill: the most of one, and of all together. */
  readonly mostInFlight: number;
  readonly allInFlight: number;
  /** Most second remote arrivals that one fault explains. */
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
}

/** Messages that may wait in the server before the senders pause: the loop is about kills, not about backlogs. */
const mostBehind = 300;
const senders = 6;
/** Deliveries to the next hop that can be under way. */
const remoteSlots = 20;
/** Most that may arrive twice after one kill: deliveries at work and those not on disk yet, as send bounds them (send/slots.ts). */
export const mostTwice: number = 1.5 * remoteSlots;

/** A thread ends so many milliseconds after it was told to, at most. */
const orderMs = 5_000;
/** Failures that one server bears before it is replaced by another. */
const mostBorne = 3;
/** Small heaps, so that a thread that takes all memory soon has it. */
const environment = { TQMAIL_TEST_FAULTS: '1', NODE_OPTIONS: '--max-old-space-size=256' };

export async function runRounds(ending: Ending, options: RoundsOptions): Promise<RoundsResult> {
  const begun = performance.now();
  const book = new Book();
  const sink = await startBookingSink(ending, book);
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
    await greeting(server);
    startMs.push(performance.now() - startedAt);
    await options.greeted?.(server);
    return server;
  };
  let server = await start();
  startMs.pop();
  const strikes = options.strikes ?? ['all'];
  for (let borne = 0; kills.length < options.rounds && options.enough?.() !== true; ) {
    const [least, most] = options.loadMs;
    await soon(least + Math.random() * (most - least));
    const fault = strikes[((options.first ?? 0) + kills.length) % strikes.length] ?? 'all';
    kills.push({ fault, inFlight: server.remoteInFlight });
    book.faultBegins();
    const left = await strike(fault, server, options.disk).catch((error: unknown) => {
      throw new Error(`${fault}: ${String(error)}; ${server.lines.slice(-5).join(' | ')}`);
    });
    book.faultIsOver(left === 'stays' ? orderMs : 0);
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
  return summary(book, kills, startMs, begun);
}

/** A machine may be busy with other things for a while. */
const greetingMs = 120_000;

async function greeting(server: ServerProcess): Promise<void> {
  let over = false;
  void server.ended.then(() => {
    over = true;
  });
  try {
    await Promise.race([banner(server.home.port, greetingMs, () => over), refused(server)]);
  } catch (error) {
    throw new Error(`${String(error)}; ${server.lines.slice(-5).join(' | ')}`);
  }
}

/** Rejects when the server ends without a greeting. */
async function refused(server: ServerProcess): Promise<never> {
  const { code } = await server.ended;
  throw new Error(`the server did not start (exit code ${code}): ${server.lines.slice(-3).join(' | ')}`);
}

/** Enters every message of a Maildir in the book. */
export function readMaildir(maildir: string, book: Book): void {
  for (const folder of ['new', 'cur']) {
    for (const name of readdirSync(join(maildir, folder))) book.arriveLocal(numberOf(readFileSync(join(maildir, folder, name))));
  }
}

function summary(book: Book, kills: readonly Kill[], startMs: readonly number[], begun: number): RoundsResult {
  const verdict = book.verdict();
  const rounds = book.rounds();
  const sorted = [...startMs].sort((a, b) => a - b);
  return {
    kills: kills.length,
    ...verdict,
    mostInFlight: Math.max(0, ...kills.map(({ inFlight }) => inFlight)),
    allInFlight: kills.reduce((sum, { inFlight }) => sum + inFlight, 0),
    mostTwiceAfterKill: Math.max(0, ...rounds.map(({ twiceRemote }) => twiceRemote)),
    bannerMedianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    bannerMaxMs: Math.round(sorted.at(-1) ?? 0),
    seconds: Math.round((performance.now() - begun) / 100) / 10,
    table: rows(kills, rounds),
  };
}

function rows(kills: readonly Kill[], rounds: readonly Round[]): StrikeRow[] {
  const single = kills.map(({ fault, inFlight }, at): StrikeRow => {
    // What was accepted after the last fault is counted with its round.
    const parts = rounds.slice(at, at === kills.length - 1 ? undefined : at + 1);
    const sum = (of: (round: Round) => number): number => parts.reduce((all, round) => all + of(round), 0);
    const twice = sum(({ twiceRemote }) => twiceRemote);
    return {
      fault,
      rounds: 1,
      accepted: sum(({ accepted }) => accepted),
      lost: sum(({ lost }) => lost),
      twiceLocal: sum(({ twiceLocal }) => twiceLocal),
      inFlight,
      twice,
      mostTwice: twice,
    };
  });
  return addedUp(single);
}

/** One row a fault. */
export function addedUp(rows: readonly StrikeRow[]): StrikeRow[] {
  const table = new Map<string, StrikeRow>();
  for (const row of rows) {
    const known = table.get(row.fault);
    if (known === undefined) table.set(row.fault, row);
    else
      table.set(row.fault, {
        fault: row.fault,
        rounds: known.rounds + row.rounds,
        accepted: known.accepted + row.accepted,
        lost: known.lost + row.lost,
        twiceLocal: known.twiceLocal + row.twiceLocal,
        inFlight: known.inFlight + row.inFlight,
        twice: known.twice + row.twice,
        mostTwice: Math.max(known.mostTwice, row.mostTwice),
      });
  }
  return [...table.values()];
}
