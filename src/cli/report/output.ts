/** Lines of a report to a descriptor, in large pieces. A reader that has seen enough ends the process quietly. */
import { writeSync } from 'node:fs';
import { CommandTrouble, reason } from '../complain.js';

const pieceSize = 65_536;
const pause = new Int32Array(new SharedArrayBuffer(4));

export class Output {
  readonly #fd: number;
  readonly #name: string;
  #text = '';

  /** `name` is what a failure calls it. */
  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.#name = name;
  }

  line(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length > pieceSize) this.flush();
  }

  /** Throws CommandTrouble (111) when it cannot be written. */
  flush(): void {
    let left = Buffer.from(this.#text, 'latin1');
    this.#text = '';
    while (left.length > 0) {
      try {
        left = left.subarray(writeSync(this.#fd, left));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A reader that has seen enough (head) is no failure.
        if (code === 'EPIPE') process.exit(0);
        if (code !== 'EAGAIN') throw new CommandTrouble(111, `report: ${this.#name} cannot be written: ${reason(error)}`);
        Atomics.wait(pause, 0, 0, 5);
      }
    }
  }
}
