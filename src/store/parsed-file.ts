/**
 * A file and what was made of it, kept in memory and made anew when the file is another one. Looks at the
 * file's status, at most as often as told; knows nothing of what is in it.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { OnceATurn } from './once-a-turn.js';

const largestFile = 256 * 1024 * 1024;

export interface LookEvery {
  /** Milliseconds between two looks at the file's status. */
  readonly ms: number;
  /** Milliseconds that never jump back. */
  readonly clock: () => number;
}

/** Throws the system's error, or one with code EINVAL or EFBIG for what is no readable file. */
function readWhole(path: string): Buffer {
  // Without O_NONBLOCK opening a named pipe would wait for its writer.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(fd);
    if (!fstatSync(fd).isFile()) throw Object.assign(new Error(`${path} is not a regular file`), { code: 'EINVAL' });
    if (size > largestFile) throw Object.assign(new Error(`${path} is too large`), { code: 'EFBIG' });
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

export class ParsedFile<T> {
  readonly #path: string;
  readonly #parse: (bytes: Uint8Array) => T;
  readonly #every: LookEvery | undefined = undefined;
  readonly #turn: OnceATurn | undefined = undefined;
  #until = Number.NEGATIVE_INFINITY;
  #mark = '';
  #parsed: T | undefined;
  #error: unknown;

  /** `every` absent: the status is looked at each time. `turn`: once in a turn of the event loop. */
  constructor(path: string, parse: (bytes: Uint8Array) => T, every?: LookEvery | 'turn') {
    this.#path = path;
    this.#parse = parse;
    if (every === 'turn') this.#turn = new OnceATurn();
    else this.#every = every;
  }

  /** Undefined: no such file. Throws the system's error when it cannot be read, and what the parser throws. */
  current(): T | undefined {
    const now = this.#every?.clock() ?? 0;
    if (this.#turn?.due ?? (this.#every === undefined || now >= this.#until)) {
      this.#until = now + (this.#every?.ms ?? 0);
      this.#look();
    }
    if (this.#error !== undefined) throw this.#error;
    return this.#parsed;
  }

  /** The next `current` looks at the file, whenever that was done last. */
  lookAgain(): void {
    this.#until = Number.NEGATIVE_INFINITY;
  }

  #look(): void {
    try {
      const found = statSync(this.#path, { throwIfNoEntry: false });
      const mark = found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
      if (mark !== '' && mark === this.#mark) return;
      this.#mark = '';
      this.#error = undefined;
      this.#parsed = found === undefined ? undefined : this.#parse(readWhole(this.#path));
      this.#mark = mark;
    } catch (error) {
      this.#error = error;
    }
  }
}
