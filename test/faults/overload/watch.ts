/**
 * What the server says that limits it, and the memory that its processes take, looked at while a case goes on.
 */
import { readFileSync } from 'node:fs';
import { processTree, pssMiB } from '../../../bench/process/tree.js';
import { askNode } from '../../../src/cli/control/client.js';
import type { NodeStatus } from '../../../src/cli/control/messages.js';
import { statusText } from '../../../src/cli/control/status-text.js';
import type { ServerProcess } from '../../support/server-process.js';

/** Milliseconds between two looks; a look walks the page tables of every process. */
const lookMs = 400;

/** The lines behind "limited by" of `tqmail status`; empty when nobody answers. */
async function limitsOf(server: ServerProcess): Promise<readonly string[]> {
  const answer = await askNode(server.home.path, { verb: 'status' }).catch(() => undefined);
  if (answer?.tag !== 'done') return [];
  const text = statusText(answer.value as NodeStatus);
  const part = /\n {2}limited by ((?:.|\n)*?)\n {2}\S/.exec(`${text}  .`)?.[1] ?? '';
  return part.split('\n').map((line) => line.trim());
}

function highWaterMiB(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export interface Watched {
  /** Highest proportional memory of all processes of the server together, in MiB. */
  readonly peakMiB: number;
  /** Most resident memory that its largest process ever had: the kernel's own mark, nothing falls between two looks. */
  readonly largestMiB: number;
  readonly limits: readonly string[];
}

export class Watch {
  readonly #server: ServerProcess;
  readonly #limits = new Map<string, string>();
  #peakMiB = 0;
  #largestMiB = 0;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(server: ServerProcess) {
    this.#server = server;
    this.#next();
  }

  #next(): void {
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => {
        if (!this.#over) this.#next();
      });
    }, lookMs);
  }

  async #look(): Promise<void> {
    this.#measure();
    // Numbers differ from look to look; the first line of each kind stands for all.
    for (const line of await limitsOf(this.#server)) this.#limits.set(line.replace(/\d+/g, 'N'), line);
  }

  #measure(): void {
    const root = this.#server.child.pid;
    if (root === undefined) return;
    this.#peakMiB = Math.max(this.#peakMiB, pssMiB([root]));
    for (const pid of processTree([root]).keys()) this.#largestMiB = Math.max(this.#largestMiB, highWaterMiB(pid));
  }

  /** Takes a last look. */
  async stop(): Promise<Watched> {
    this.#over = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#look();
    const limits = [...this.#limits.values()].filter((line) => line !== '' && line !== 'nothing');
    return { peakMiB: this.#peakMiB, largestMiB: this.#largestMiB, limits };
  }
}
