/** At most so many at work and so many waiting, in their order; whoever comes beyond that is told so. Keeps no time. */
export class FewAtOnce {
  readonly #most: number;
  readonly #mostWaiting: number;
  #working = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number, mostWaiting: number) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
  }

  async run<T>(work: () => Promise<T>): Promise<T | 'busy'> {
    if (this.#working >= this.#most) {
      if (this.#waiting.length >= this.#mostWaiting) return 'busy';
      await new Promise<void>((settle) => this.#waiting.push(settle));
    } else this.#working += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes on to whoever waits.
      if (next === undefined) this.#working -= 1;
      else next();
    }
  }
}
