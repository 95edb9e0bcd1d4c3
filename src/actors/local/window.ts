/**
 * How many pieces may be under way at once: taken before one is sent, given back when it was taken
 * over at the other end. One waiter at a time.
 */
export class Window {
  #free: number;
  #ended = false;
  #waiter: (() => void) | undefined;

  constructor(size: number) {
    this.#free = size;
  }

  /** Waits for room; false when the transfer is over. */
  async take(): Promise<boolean> {
    while (this.#free === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    }
    this.#free--;
    return !this.#ended;
  }

  give(): void {
    this.#free++;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.();
  }
}
