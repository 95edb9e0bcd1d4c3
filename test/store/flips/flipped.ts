/**
 * Queues with octets changed at random places: what is served of them, and whether the check tells. Judges one at a time.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkQueue } from '../../../src/store/check-queue.js';
import type { Reading, Served } from './reader.js';

/** One way to damage a data file; `at` and `value` in shares of what there is. */
export interface Damage {
  readonly kind: 'bit' | 'octet' | 'sector' | 'page';
  readonly at: number;
  readonly value: number;
}

const sizes = { bit: 1, octet: 1, sector: 512, page: 4_096 } as const;

/** The offset and what stands there instead. */
function damaged(data: Buffer, { kind, at, value }: Damage): { readonly offset: number; readonly bytes: Buffer } {
  const size = sizes[kind];
  // Whole sectors and pages lie at multiples of their size.
  const offset = Math.min(Math.floor(at * (data.length / size)) * size, data.length - size);
  if (kind === 'sector' || kind === 'page') return { offset, bytes: Buffer.alloc(size) };
  const old = data[offset] ?? 0;
  const bytes = Buffer.from([kind === 'bit' ? old ^ (1 << Math.floor(value * 8)) : (old + 1 + Math.floor(value * 255)) & 0xff]);
  return { offset, bytes };
}

/** Reads queues in a process of its own, and starts another when one ended. */
export class Reader {
  #child: ChildProcess | undefined;

  read(dir: string): Promise<Reading | 'crashed'> {
    const child = this.#child ?? this.#started();
    return new Promise((resolve) => {
      const said = (reading: Reading): void => {
        child.off('exit', ended);
        resolve(reading);
      };
      const ended = (): void => {
        child.off('message', said);
        this.#child = undefined;
        resolve('crashed');
      };
      child.once('message', said).once('exit', ended);
      child.send(dir);
    });
  }

  #started(): ChildProcess {
    this.#child = fork(new URL('./reader.js', import.meta.url), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    return this.#child;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
  }
}

export interface Verdict {
  /** What it served that was never queued; empty: nothing. */
  readonly false: readonly string[];
  /** Served as before, served in part, refused, or the end of the process. */
  readonly outcome: 'same' | 'less' | 'refused' | 'crashed';
  /** The check found something. */
  readonly reported: boolean;
}

/** Parts of a message that are served otherwise than they were queued; what is left out is not among them. */
function falseParts(id: string, was: Served | undefined, is: Served): string[] {
  if (was === undefined) return [`message ${id} was never queued`];
  const faults: string[] = [];
  if (is.body !== 'none' && is.body !== was.body) faults.push(`message ${id} has another body`);
  // Nobody is sent a message that has no body: its envelope may say what it likes.
  if (is.body === 'none') return faults;
  const known = new Set(
    (JSON.parse(was.recipients) as { address: string; routed?: unknown }[]).map(({ address, routed }) =>
      JSON.stringify([address, routed]),
    ),
  );
  for (const { address, routed } of JSON.parse(is.recipients) as { address: string; routed?: unknown }[]) {
    if (!known.has(JSON.stringify([address, routed]))) faults.push(`message ${id} goes to ${address}`);
  }
  if (is.bounce !== '' && !was.bounce.includes(is.bounce)) faults.push(`message ${id} has another bounce text`);
  if ((JSON.parse(is.head) as { sender: string }).sender !== (JSON.parse(was.head) as { sender: string }).sender)
    faults.push(`message ${id} has another sender`);
  return faults;
}

/** Damages a copy of the queue, reads it, has it checked. The copy is removed. */
export async function judge(reader: Reader, dir: string, sound: Reading, damage: Damage): Promise<Verdict> {
  const copy = `${dir}-damaged`;
  cpSync(dir, copy, { recursive: true });
  try {
    const path = join(copy, 'data.mdb');
    const data = readFileSync(path);
    const { offset, bytes } = damaged(data, damage);
    bytes.copy(data, offset);
    writeFileSync(path, data);
    const reading = await reader.read(copy);
    // Opening may have changed the file: the check sees what the operator would.
    writeFileSync(path, data);
    const reported = (await checkQueue(copy)).findings.length > 0;
    if (reading === 'crashed') return { false: [], outcome: 'crashed', reported };
    if (reading.tag === 'refused') return { false: [], outcome: 'refused', reported };
    if (sound.tag !== 'read') throw new Error('the queue was damaged before');
    const wrong = Object.entries(reading.messages).flatMap(([id, is]) => falseParts(id, sound.messages[id], is));
    const same = JSON.stringify(reading) === JSON.stringify(sound);
    return { false: wrong, outcome: same ? 'same' : 'less', reported };
  } finally {
    rmSync(copy, { recursive: true });
  }
}
