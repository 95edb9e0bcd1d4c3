/**
 * Checks a stopped queue: folder, marker, every record and body file, and that they fit together.
 * LMDB can end the process on a damaged file, so the walk runs in a child process that is started
 * again behind the place where it died. Changes nothing.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './check/finding.js';
import type { WalkReport } from './check/walk.js';
import { dataFile } from './lmdb/layout.js';
import { checkData, checkFolder } from './lmdb/preflight.js';
import type { MessageId } from './queue-store.js';
import { reasonOf } from './queue-unusable.js';

export type { Finding } from './check/finding.js';

export interface QueueCheck {
  /** Messages looked at. */
  readonly messages: number;
  /** Messages that were written to `rescueInto`. */
  readonly rescued: number;
  /** Everything wrong, at most 10,000; empty when the queue is sound. */
  readonly findings: readonly Finding[];
}

const mostFindings = 10_000;
/** Starts of the walking process. */
const mostStarts = 16;
/** Messages between two reports; after a crash one, to name the message. */
const stride = 256;

/**
 * Resolves always: what stands in the way is a finding. The queue must not be open for writing. `rescueInto` is an
 * existing folder: every message that can be read whole is written there (see check/rescued-message.ts).
 */
export async function checkQueue(
  dir: string,
  rescueInto = '',
  looked: (messages: number) => void = () => undefined,
): Promise<QueueCheck> {
  const findings = [...refusals(dir)];
  const walk = new Walk(dir, findings, rescueInto, looked);
  // Whatever the start would refuse: what can still be read is worth knowing.
  if ((statSync(join(dir, dataFile), { throwIfNoEntry: false })?.size ?? 0) > 0) await walk.run();
  return { messages: walk.messages, rescued: walk.rescued, findings };
}

/** Why a start would refuse the queue before LMDB is asked. */
function* refusals(dir: string): Generator<Finding> {
  try {
    checkFolder(dir);
    if (checkData(dir).state === 'none') yield { kind: 'unusable', text: `no queue in ${dir}` };
  } catch (error) {
    yield { kind: 'unusable', text: reasonOf(error) };
  }
}

class Walk {
  messages = 0;
  rescued = 0;
  readonly #dir: string;
  readonly #rescueInto: string;
  readonly #findings: Finding[];
  #from = 0;
  #every = stride;
  #phase: 'messages' | 'strays' = 'messages';
  #skip = 1;
  /** Whether any walking process came as far as the first message. */
  #opened = false;

  readonly #looked: (messages: number) => void;

  constructor(dir: string, findings: Finding[], rescueInto: string, looked: (messages: number) => void) {
    this.#looked = looked;
    this.#dir = dir;
    this.#rescueInto = rescueInto;
    this.#findings = findings;
  }

  async run(): Promise<void> {
    for (let start = 0; start < mostStarts; start++) {
      const startedAt = this.#from;
      const died = await this.#once();
      if (died === undefined) return;
      if (!this.#opened) {
        this.#note({ kind: 'crash', text: `opening the queue ended with ${died}` });
        return;
      }
      if (this.#phase === 'strays') {
        this.#note({ kind: 'crash', text: `the walk over the other records ended with ${died}` });
        return;
      }
      if (this.#every > 1) {
        // Once more from the last report, a message at a time.
        this.#every = 1;
        continue;
      }
      this.#note({ kind: 'crash', id: this.#from, text: `reading on from message ${this.#from} ended with ${died}` });
      // A damaged page holds many messages: step over it in growing strides.
      this.#skip = this.#from === startedAt ? this.#skip * 4 : 1;
      this.#from += this.#skip;
    }
    this.#note({ kind: 'crash', text: `given up after ${mostStarts} attempts` });
  }

  /** One walking process; resolves to how it died, or undefined when it came to its end. */
  #once(): Promise<string | undefined> {
    const child = fork(
      new URL('./check/walk.js', import.meta.url),
      [this.#dir, String(this.#from), String(this.#every), this.#phase, this.#rescueInto],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      },
    );
    const before = this.messages;
    const died = new Promise<string | undefined>((resolve) => {
      let ended = false;
      let failure: string | undefined;
      child.on('message', (report: WalkReport) => {
        if (report.tell === 'finding') this.#note(report.finding);
        else if (report.tell === 'rescued') this.rescued += 1;
        else if (report.tell === 'strays') this.#phase = 'strays';
        else if (report.tell === 'failed') failure = report.text;
        else if (report.tell === 'done') ended = true;
        else this.#reached(report.id);
        if (report.tell === 'at' || report.tell === 'done') this.messages = before + report.messages;
        this.#looked(this.messages);
      });
      child.on('error', (error) => resolve(reasonOf(error)));
      child.on('close', (code, signal) => resolve(ended ? undefined : (failure ?? signal ?? `exit code ${code}`)));
    });
    return died.finally(() => stop(child));
  }

  #reached(id: MessageId): void {
    this.#from = id;
    this.#opened = true;
  }

  #note(finding: Finding): void {
    if (this.#findings.length < mostFindings) this.#findings.push(finding);
  }
}

function stop(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill();
}
