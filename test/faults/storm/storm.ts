/**
 * Many qmail-inject processes at once into a server that takes SMTP load meanwhile: who was told what, and what arrived.
 * Counts; judges nothing.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startKeepingSink } from '../../support/keeping-sink.js';
import { banner, type Ending, makeMailHome, openFolder, remoteRecipient } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { drained } from '../../support/server-status.js';
import { Book, type Verdict } from '../kill/book.js';
import { Load } from '../kill/load.js';
import { numberOf } from '../kill/numbered.js';
import { readMaildir } from '../kill/rounds.js';

export interface StormOptions {
  /** Processes in all. */
  readonly runs: number;
  /** Processes at the same time. */
  readonly atOnce: number;
  /** SMTP senders meanwhile. */
  readonly senders: number;
}

export interface StormResult {
  /** Processes by exit code; `signal` stands for one that was killed. */
  readonly exits: Readonly<Record<string, number>>;
  /** Numbers that were accepted and never arrived. */
  readonly lost: number;
  /** Arrivals of one number above the first. */
  readonly twice: number;
  /** Numbers that arrived although their process said no. */
  readonly despite: number;
  /** From the first process to the end of the last. */
  readonly seconds: number;
  /** What the senders' mail came to. */
  readonly load: Verdict;
}

const inject = fileURLToPath(new URL('../../../../bin/qmail-inject', import.meta.url));

/** Runs it all; ends what it started through `ending`. */
export async function storm(ending: Ending, { runs, atOnce, senders }: StormOptions): Promise<StormResult> {
  const book = new Book();
  const arrived = new Map<number, number>();
  const sink = await startKeepingSink(ending, {
    taken: ({ bytes }) => {
      const [, n] = /^X-Storm: (\d+)\r$/m.exec(bytes.toString('latin1', 0, 2_000)) ?? [];
      if (n === undefined) book.arriveRemote(numberOf(bytes));
      else arrived.set(Number(n), (arrived.get(Number(n)) ?? 0) + 1);
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port);
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const load = new Load({ port: home.port, senders, accepted: (n) => book.accept(n), hold: () => book.behind > 500 });
  ending.after(() => load.stop());
  const begun = performance.now();
  const exits = await all(runs, atOnce, (n) => injectOne(home.path, n));
  const seconds = (performance.now() - begun) / 1000;
  await load.stop();
  await drained(server, 120_000);
  readMaildir(home.maildir, book);
  return { ...verdict(exits, arrived), seconds, load: book.verdict() };
}

function verdict(
  exits: readonly string[],
  arrived: ReadonlyMap<number, number>,
): Pick<StormResult, 'exits' | 'lost' | 'twice' | 'despite'> {
  const counts: Record<string, number> = {};
  let lost = 0;
  let despite = 0;
  exits.forEach((exit, n) => {
    counts[exit] = (counts[exit] ?? 0) + 1;
    if (exit === '0' && !arrived.has(n)) lost += 1;
    if (exit !== '0' && arrived.has(n)) despite += 1;
  });
  const twice = [...arrived.values()].reduce((sum, count) => sum + count - 1, 0);
  return { exits: counts, lost, twice, despite };
}

/** Answers in the order of their numbers. */
async function all(runs: number, atOnce: number, one: (n: number) => Promise<string>): Promise<readonly string[]> {
  const answers: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < runs) {
      const n = next++;
      answers[n] = await one(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(runs, atOnce) }, lane));
  return answers;
}

function injectOne(home: string, n: number): Promise<string> {
  const child = spawn(process.execPath, [inject, '-f', 'storm@mail.example.org', remoteRecipient], {
    env: { PATH: process.env.PATH, QMAILHOME: home, USER: 'storm' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(`X-Storm: ${n}\nSubject: storm\n\n${'x'.repeat(60)}\n`);
  return new Promise((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (code) => settle(code === null ? 'signal' : String(code)));
  });
}
