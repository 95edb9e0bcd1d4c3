/**
 * Keeps on disk which remote hosts have taken mail, so that those do not wait among newcomers after a start.
 * A file that cannot be written is no reason to stop: it is tried again.
 */
import { readTakenHosts, writeTakenHosts } from '../../store/taken-hosts-file.js';
import type { Destinations } from './destinations.js';

export class TakenHosts {
  readonly #queueDir: string;
  readonly #destinations: Destinations;
  #kept = 0;

  constructor(queueDir: string, destinations: Destinations) {
    this.#queueDir = queueDir;
    this.#destinations = destinations;
  }

  recall(): void {
    this.#destinations.recall(readTakenHosts(this.#queueDir));
    this.#kept = this.#destinations.changes;
  }

  keep(): void {
    const { changes } = this.#destinations;
    if (changes === this.#kept) return;
    try {
      writeTakenHosts(this.#queueDir, this.#destinations.taken());
      this.#kept = changes;
    } catch {
      // Memory knows as much.
    }
  }
}
