/**
 * The control plane between the main thread and the others: Comlink, for what is rare (start, reload, drain,
 * stop, status). Every call has a deadline, because a call to a dead thread never settles. No mail goes here.
 */
import type { MessagePort } from 'node:worker_threads';
import { type Endpoint, expose, wrap } from 'comlink';

/** Anything with methods that take and return plain data. */
// biome-ignore lint/suspicious/noExplicitAny: the methods' own types are kept by Remote
type Methods = Record<string, (...values: any[]) => unknown>;
export type Remote<T> = {
  [K in keyof T]: T[K] extends (...values: infer V) => infer R ? (...values: V) => Promise<Awaited<R>> : never;
};
export interface ControlCall<T> {
  /** The methods; each call rejects with ControlLate when it takes longer than `ms`, or when the thread ends meanwhile. */
  within(ms: number): Remote<T>;
}

export class ControlLate extends Error {
  override readonly name = 'ControlLate';
}

/** Offers the methods of `api` to the thread at the other end of `port`. */
export function offerControl<T extends object>(api: T, port: MessagePort): void {
  expose(api, port as unknown as Endpoint);
}

export function controlOf<T extends object>(port: MessagePort, who: string): ControlCall<T> {
  const remote = wrap(port as unknown as Endpoint) as unknown as Methods;
  const waiting = new Set<() => void>();
  let gone = false;
  // A thread that has ended answers nothing any more: whoever waits need not wait to the deadline.
  port.once('close', () => {
    gone = true;
    for (const giveUp of waiting) giveUp();
  });
  const whileThere = <R>(answer: Promise<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new ControlLate(`${who} has ended`));
      if (gone) giveUp();
      waiting.add(giveUp);
      answer.then(resolve, reject).finally(() => waiting.delete(giveUp));
    });
  return {
    within: (ms) =>
      new Proxy({} as Remote<T>, {
        get:
          (_none, method: string) =>
          (...values: unknown[]) =>
            deadline(
              whileThere(Promise.resolve((remote[method] as Methods[string])(...values))),
              ms,
              `${who}: no answer to ${method} in ${ms} ms`,
            ),
      }),
  };
}

/** A timer that is so late (milliseconds) fires in a thread that stood. */
const stoodMs = 1_000;

/** The promise, or a rejection with ControlLate after `ms`; where the thread stood meanwhile, after `ms` more, once. */
export function deadline<R>(promise: Promise<R>, ms: number, text: string): Promise<R> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new ControlLate(text));
    const begun = performance.now();
    let timer = setTimeout(() => {
      if (performance.now() - begun < ms + stoodMs) return late();
      timer = setTimeout(late, ms);
    }, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
