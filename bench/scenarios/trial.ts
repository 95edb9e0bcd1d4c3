/**
 * One run of one candidate, from an empty folder to a row of figures.
 * Everything that a trial starts has ended when its row is there, whatever happened.
 */
import type { Load } from '../load/load.js';
import type { BenchOptions } from '../options.js';
import type { Peer } from '../peers/peer.js';
import type { RunRow } from '../result.js';

export interface Trial {
  readonly options: BenchOptions;
  readonly peer: Peer;
  readonly load: Load;
  /** An empty folder, mode 0755. */
  readonly dir: string;
  /** Called now and then with what is going on, for a person. */
  readonly progress: (text: string) => void;
}

export type Figured = Omit<RunRow, 'ok'> & { readonly ok?: boolean };

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
