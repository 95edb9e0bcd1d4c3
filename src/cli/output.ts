/** Long output of a command to a descriptor, in large pieces. A reader that has seen enough ends the process quietly. */
import { writeSync } from 'node:fs';
import { CommandTrouble, reason } from './complain.js';

const pieceSize = 65_536;
/** What may be kept in memory while a reader must not be waited for. */
const mostHeld = 268_435_456;
const pause = new Int32Array(new SharedArrayBuffer(4));

export class Output {
  readonly #fd: number;
  readonly #name: string;
  readonly #most: number;
  #texts: string[] = [];
  #length = 0;

  /** `name` is what a failure calls it. `held`: up to 256 MiB wait for `flush`. */
  constructor(fd: number, name: string, held = false) {
    this.#fd = fd;
    this.#name = name;
    this.#most = held ? mostHeld : pieceSize;
  }

  /** Octets as latin1. */
  write(text: string): void {
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length > this.#most) this.flush();
  }

  /** Throws CommandTrouble (111) when it cannot be written. */
  flush(): void {
    const texts = this.#texts;
    this.#texts = [];
    this.#length = 0;
    let piece = '';
    for (const text of texts) {
      piece += text;
      if (piece.length < pieceSize) continue;
      this.#put(piece);
      piece = '';
    }
    this.#put(piece);
  }

  #put(text: string): void {
    let left = Buffer.from(text, 'latin1');
    while (left.length > 0) {
      try {
        left = left.subarray(writeSync(this.#fd, left));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A reader that has seen enough (head) is no failure.
        if (code === 'EPIPE') process.exit(0);
        if (code !== 'EAGAIN') throw new CommandTrouble(111, `${this.#name} cannot be written: ${reason(error)}`);
        Atomics.wait(pause, 0, 0, 5);
      }
    }
  }
}
