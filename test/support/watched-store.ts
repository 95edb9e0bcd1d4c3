/**
 * A store as one process sees it: counts calls, so that a test knows when a node is at rest, and goes deaf
 * when the process dies. Messages that are in the store at the beginning belong to an earlier process.
 */
import { type QueueStore, StoreError } from '../../src/store/queue-store.js';

/** What a dead process reads: nothing. What it writes never settles. */
const nothing: Readonly<Record<string, unknown>> = {
  todo: [],
  recipients: [],
  due: [],
  list: [],
  damages: [],
  bounceText: '',
  count: 0,
};
const reading = new Set(['looked', 'head', 'read', 'nextDue', 'trouble', 'todoCount', 'bodyPath', ...Object.keys(nothing)]);

type Call = (...values: unknown[]) => unknown;

export class WatchedStore {
  dead = false;
  /** True for a writing call that shall be refused, as by a full disk. */
  refuse: (method: string) => boolean = () => false;
  /** Changes what a reading call answers. */
  answer: (method: string, result: unknown) => unknown = (_method, result) => result;
  readonly calls = new Map<string, number>();
  readonly store: QueueStore;

  constructor(inner: QueueStore, active: () => void) {
    const firstId = Math.max(inner.firstId, (inner.list(0, Number.MAX_SAFE_INTEGER).at(-1)?.id ?? 0) + 1);
    const call = (name: string, method: Call, values: unknown[]): unknown => {
      active();
      this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
      if (this.dead) return reading.has(name) ? nothing[name] : new Promise(() => undefined);
      if (this.refuse(name)) return Promise.reject(new StoreError({ why: 'full', text: 'no room' }));
      const result = method.apply(inner, values);
      if (result instanceof Promise) result.then(active, active);
      return result instanceof Promise ? result : this.answer(name, result);
    };
    this.store = new Proxy(inner, {
      get(_inner, name: string) {
        if (name === 'firstId') return firstId;
        const value = Reflect.get(inner, name, inner) as unknown;
        return typeof value === 'function' ? (...values: unknown[]) => call(name, value as Call, values) : value;
      },
    });
  }
}
