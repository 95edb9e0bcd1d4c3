/**
 * Where the log goes: pino's destination on a descriptor, with a bound on what may wait for a slow reader, and on how long
 * the end of the process waits for one. Node makes pipes and sockets that do not block of the descriptor as soon as there are
 * threads; a write that blocked would hold up the end of the process for as long as nobody reads.
 */
import { pino } from 'pino';

/** Octets that may wait for the reader of the log; what comes above it is lost and counted. */
const mostWaiting = 16 * 1024 * 1024;
/** The end does not wait for a reader that has taken nothing for as long (milliseconds) … */
const patienceMs = 2_000;
/** … nor, all in all, longer than this. */
const longestMs = 10_000;
/** What a process that ends without a word to anybody gives its reader (milliseconds). */
const lastMs = 500;

export interface LogDestination {
  write(text: string): void;
  /** Waits until all is written, or for as long as the reader deserves. Nothing is written after it. */
  close(): Promise<void>;
  /** Lines that were thrown away, and those that cannot be written as things are (a full disk, a reader that is gone). */
  readonly lost: number;
  /** Lines that were thrown away. */
  readonly dropped: number;
  /** True when something was written after the last line was thrown away: somebody reads again. */
  readonly moves: boolean;
}

class Destination implements LogDestination {
  dropped = 0;
  moves = true;
  /** Lines since writes fail; they are kept, and written when that is over. */
  #unwritten = 0;
  readonly #sonic;
  #waiting = 0;
  #over = false;
  /** When writing without an event loop gives up. */
  #endBy = Number.POSITIVE_INFINITY;

  constructor(fd: number, maxLength: number) {
    // Before pino's own listener, which would wait for ever.
    process.once('exit', () => this.#exit());
    this.#sonic = pino.destination({ dest: fd, sync: false, maxLength, retryEAGAIN: () => performance.now() < this.#endBy });
    this.#sonic.on('drop', (text: string) => this.#dropped(text));
    this.#sonic.on('write', (octets: number) => {
      this.#waiting -= octets;
      this.#unwritten = 0;
      this.moves = true;
    });
    // A reader that went away must not end the mail server: what it misses is counted.
    this.#sonic.on('error', () => {
      this.#unwritten = Math.max(this.#unwritten, 1);
    });
  }

  get lost(): number {
    return this.dropped + this.#unwritten;
  }

  write(text: string): void {
    if (this.#over) {
      this.#miss(text);
      return;
    }
    this.#waiting += Buffer.byteLength(text);
    if (this.#unwritten > 0) this.#unwritten += linesOf(text);
    this.#sonic.write(text);
  }

  async close(): Promise<void> {
    const begun = performance.now();
    // Where writes fail, waiting does not help.
    for (let left = this.#waiting; left > 0 && this.#unwritten === 0 && performance.now() - begun < longestMs; ) {
      await this.#drained();
      if (this.#waiting === left) break;
      left = this.#waiting;
    }
    if (this.#unwritten > 0) this.#tryOnce();
    this.#over = true;
    if (this.#waiting > 0) this.#sonic.destroy();
  }

  /** Resolves when all is written, or after a while. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#sonic.off('drain', done);
        resolve();
      };
      const timer = setTimeout(done, patienceMs);
      this.#sonic.on('drain', done);
    });
  }

  #dropped(text: string): void {
    this.#waiting -= Buffer.byteLength(text);
    this.#miss(text);
  }

  #miss(text: string): void {
    this.moves = false;
    this.dropped += linesOf(text);
  }

  #exit(): void {
    if (this.#over || this.#waiting === 0) return;
    this.#tryOnce();
    // Pino's listener must not wait for it either.
    this.#sonic.destroy();
  }

  #tryOnce(): void {
    this.#endBy = performance.now() + lastMs;
    try {
      this.#sonic.flushSync();
    } catch {
      // Nobody reads, or there is no room.
    }
  }
}

function linesOf(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines;
}

/** `maxLength`: octets that may wait. */
export function logDestination(fd: number, maxLength: number = mostWaiting): LogDestination {
  return new Destination(fd, maxLength);
}
