/**
 * Single lines of log of a process that must not wait for their reader: what cannot be written now is kept and tried again,
 * a bounded number of lines, and what is beyond that is counted.
 */
import { writeSync } from 'node:fs';

/** Lines that are kept. */
const mostKept = 100;
const againMs = 1_000;

export class LogLines {
  readonly #fd: number;
  /** What is left of a line may be the first. */
  readonly #kept: Buffer[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** `missing`: the line that says how many lines are missing. Both end with a line feed. */
  write(line: string, missing: (count: number) => string): void {
    this.#flush();
    if (this.#kept.length >= mostKept) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > 0) this.#kept.push(Buffer.from(missing(this.#lost), 'latin1'));
    this.#lost = 0;
    this.#kept.push(Buffer.from(line, 'latin1'));
    this.#flush();
  }

  /** A write takes a line as a whole, so that those of other processes do not mix with it, where the reader keeps up. */
  #flush(): void {
    for (let line = this.#kept[0]; line !== undefined; line = this.#kept[0]) {
      const written = this.#put(line);
      if (written < line.length) {
        this.#kept[0] = line.subarray(written);
        this.#again();
        return;
      }
      this.#kept.shift();
    }
  }

  /** Octets that went out; a reader that is gone took all of them. */
  #put(line: Buffer): number {
    try {
      return writeSync(this.#fd, line);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : line.length;
    }
  }

  #again(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, againMs);
    this.#timer.unref();
  }
}
