/**
 * Lines of a client on a descriptor that another program shall read on: nothing beyond the end of a line is ever taken
 * from the descriptor, so each octet is read alone. For the few lines of a login, not for mail.
 */
import { fstatSync, readSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

const LF = 10;
/** Octets that are handed over without a line end. */
const most = 1_024;

export interface LineInput {
  /**
   * Octets up to a line end, or a part of a line that is very long; `end` at end of input and on a read error; `timeout`
   * after so many milliseconds.
   */
  next(limitMs: number): Promise<Uint8Array | 'end' | 'timeout'>;
  /** Reads nothing more; the descriptor is another's now. */
  release(): void;
}

export function lineInput(fd: number): LineInput {
  const kind = fstatSync(fd);
  return kind.isSocket() || kind.isFIFO() ? new StreamLines(fd) : new FileLines(fd);
}

class FileLines implements LineInput {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async next(): Promise<Uint8Array | 'end'> {
    const line = new Uint8Array(most);
    for (let size = 0; ; ) {
      if (!this.#read(line, size)) return 'end';
      size += 1;
      if (line[size - 1] === LF || size === most) return line.subarray(0, size);
    }
  }

  #read(into: Uint8Array, at: number): boolean {
    try {
      return readSync(this.#fd, into, at, 1, null) === 1;
    } catch {
      return false;
    }
  }

  release(): void {
    // Not ours to close.
  }
}

class StreamLines implements LineInput {
  readonly #socket: Socket;
  readonly #line = new Uint8Array(most);
  #size = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(fd: number) {
    const onread = { buffer: new Uint8Array(1), callback: (_: number, octet: Uint8Array) => this.#take(octet[0] as number) };
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = { fd, readable: true, writable: false, onread };
    this.#socket = new Socket(options);
    this.#socket.pause();
    for (const event of ['end', 'error', 'close']) {
      this.#socket.on(event, () => {
        this.#over = true;
        this.#wake?.();
      });
    }
  }

  /** False stops the reading at once. */
  #take(octet: number): boolean {
    this.#line[this.#size++] = octet;
    if (octet !== LF && this.#size < most) return true;
    this.#wake?.();
    return false;
  }

  async next(limitMs: number): Promise<Uint8Array | 'end' | 'timeout'> {
    if (this.#over) return 'end';
    this.#size = 0;
    const inTime = await new Promise<boolean>((settle) => {
      const timer = setTimeout(() => settle(false), limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        settle(true);
      };
      this.#socket.resume();
    });
    this.#wake = undefined;
    if (!inTime) return 'timeout';
    return this.#over ? 'end' : this.#line.slice(0, this.#size);
  }

  release(): void {
    this.#socket.destroy();
  }
}
