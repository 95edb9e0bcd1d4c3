/** The activity log as a list of lines, and a way to wait for a line. It plays splogger's destination. */
import type { LogDestination } from '../../src/actors/splogger/destination.js';

export class LogLines implements LogDestination {
  readonly lost = 0;
  readonly lines: string[] = [];
  deaf = false;
  #waiting: { readonly met: (line: string) => boolean; readonly resolve: (line: string) => void }[] = [];

  write(text: string): void {
    if (this.deaf) return;
    const lines = text.split('\n').slice(0, -1);
    this.lines.push(...lines);
    for (const waiting of [...this.#waiting]) {
      const line = lines.find(waiting.met);
      if (line === undefined) continue;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      waiting.resolve(line);
    }
  }

  readonly dropped = 0;
  readonly moves = true;
  async close(): Promise<void> {}

  /** The first line, written already or to come, that begins so. */
  line(start: string): Promise<string> {
    const met = (line: string): boolean => line.startsWith(start);
    const known = this.lines.find(met);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.push({ met, resolve }));
  }
}
