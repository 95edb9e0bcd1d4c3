/**
 * One run of one candidate, from an empty folder to a row of figures.
 * Everything that a trial starts has ended when its row is there, whatever happened.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Load, nowUs, type Sent, type SourceOrder } from '../load/load.js';
import type { BenchOptions } from '../options.js';
import type { Peer } from '../peers/peer.js';
import type { RunRow } from '../result.js';
import type { Verdict } from '../verify.js';
import { awaitArrivals } from './await-arrivals.js';

export interface Trial {
  readonly options: BenchOptions;
  readonly peer: Peer;
  readonly load: Load;
  /** An empty folder, mode 0755. */
  readonly dir: string;
  /** Called now and then with what is going on, for a person; throws when the server is gone. */
  readonly progress: (text: string) => void;
}

/** What has to be ended when the trial is over, last in first out. */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];
  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step();
  }
}

/** The source's order for `messages` of the trial's kind. */
export function sourceOrder(
  { options, dir }: Trial,
  port: number,
  messages: number,
  extras: Partial<SourceOrder> = {},
): SourceOrder {
  const { sessions, size, keep, rcpts, pipelining = 1 } = options;
  return { port, messages, sessions, size, keep, rcpts, pipelining, dir: subfolder(dir, 'source'), ...extras };
}

/** Sends `messages`, with the source's files in `folder`, and waits for the source's end; rejects when it takes longer than the trial may, or when some are refused. */
export async function sendAll(
  trial: Trial,
  port: number,
  messages: number,
  cleanup: Cleanup,
  { folder = 'source', sender }: { readonly folder?: string; readonly sender?: string } = {},
): Promise<Sent> {
  const extras = { dir: subfolder(trial.dir, folder), ...(sender === undefined ? {} : { sender }) };
  const source = await trial.load.startSource(sourceOrder(trial, port, messages, extras));
  cleanup.add(source.stop);
  const deadlineUs = nowUs() + trial.options.timeout * 1e6;
  const { sent } = await awaitArrivals({
    sent: source.sent,
    arrivals: undefined,
    expected: () => 0,
    deadlineUs,
    progress: trial.progress,
  });
  if (sent.refused > 0) throw new Error(`${sent.refused} of ${messages} refused`);
  return sent;
}

/** Messages accepted a second. */
export function acceptRate(sent: Sent, messages: number): number {
  return (messages / Math.max(1, sent.lastUs - sent.firstUs)) * 1e6;
}

export function subfolder(dir: string, name: string): string {
  const folder = path.join(dir, name);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

/** The verdict as the beginning of a row: ok, or what is wrong, with the counts of the ledger. */
export function faultsOf(
  { refused, trouble }: Pick<Sent, 'refused' | 'trouble'>,
  complete: boolean,
  verdict: Verdict | undefined,
  provoked?: number,
): RunRow {
  const faults: string[] = [];
  if (refused > 0) faults.push(`${refused} refused${trouble === undefined ? '' : ` (${trouble})`}`);
  if (!complete) faults.push('not all arrived in time');
  const names = ['lost', 'altered', 'unasked'] as const;
  const copies = verdict?.duplicate ?? 0;
  if (copies > (provoked ?? 0))
    faults.push(`${copies - (provoked ?? 0)} duplicate${provoked === undefined ? '' : ' without cause'}`);
  if (copies < (provoked ?? 0)) faults.push(`${(provoked ?? 0) - copies} taken without an answer and not sent again`);
  for (const name of names) if (verdict !== undefined && verdict[name] > 0) faults.push(`${verdict[name]} ${name}`);
  const { lost, duplicate, altered } = verdict ?? {};
  return {
    ok: faults.length === 0,
    ...(faults.length === 0 ? {} : { error: faults.join(', ') }),
    ...(provoked === undefined ? {} : { provoked }),
    ...(lost === undefined || duplicate === undefined || altered === undefined ? {} : { lost, duplicate, altered }),
  };
}
