/**
 * Which processes have put an order in force, and a promise for when all have. One that ends counts as one that has.
 */

interface Order<Who> {
  readonly waiting: Set<Who>;
  readonly done: () => void;
}

export class Obedience<Who extends object = object> {
  readonly #orders = new Map<number, Order<Who>>();
  #last = 0;

  order(all: Iterable<Who>): { readonly number: number; readonly done: Promise<void> } {
    const number = ++this.#last;
    const waiting = new Set(all);
    if (waiting.size === 0) return { number, done: Promise.resolve() };
    return { number, done: new Promise((done) => this.#orders.set(number, { waiting, done })) };
  }

  obeyed(who: Who, number: number): void {
    const order = this.#orders.get(number);
    if (order === undefined || !order.waiting.delete(who) || order.waiting.size > 0) return;
    this.#orders.delete(number);
    order.done();
  }

  gone(who: Who): void {
    for (const number of [...this.#orders.keys()]) this.obeyed(who, number);
  }
}
