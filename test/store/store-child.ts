/**
 * The parent's side of store-process.ts: starts it, gives orders, waits for reports.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { Order, Report } from './store-process.js';

export class StoreChild {
  readonly process: ChildProcess;
  readonly reports: Report[] = [];
  /** Code or signal once it ended and all its reports are in. */
  readonly ended: Promise<number | string | null>;
  readonly #waiting = new Set<() => void>();

  private constructor(dir: string, args: readonly string[]) {
    this.process = fork(new URL('./store-process.js', import.meta.url), [dir, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.process.stderr?.resume();
    this.process.on('message', (report: Report) => {
      this.reports.push(report);
      for (const check of this.#waiting) check();
    });
    this.ended = once(this.process, 'close').then(([code, signal]) => signal ?? code);
  }

  /** Resolves when the queue is open. */
  static async start(t: TestContext, dir: string, ...args: readonly string[]): Promise<StoreChild> {
    const child = new StoreChild(dir, args);
    t.after(() => child.process.kill('SIGKILL'));
    await child.wait('open');
    return child;
  }

  order(order: Order): void {
    this.process.send(order);
  }

  /** The `nth` report of a kind, from now or before; rejects when the process ends without it. */
  async wait<K extends Report['report']>(kind: K, nth = 1): Promise<Extract<Report, { report: K }>> {
    const found = new Promise<Extract<Report, { report: K }>>((resolve) => {
      const check = (): void => {
        const report = this.all(kind)[nth - 1];
        if (report === undefined) return;
        this.#waiting.delete(check);
        resolve(report);
      };
      this.#waiting.add(check);
      check();
    });
    const end = this.ended.then((how) => {
      const report = this.all(kind)[nth - 1];
      if (report === undefined) throw new Error(`the store's process ended with ${how} before report ${nth} "${kind}"`);
      return report;
    });
    return Promise.race([found, end]);
  }

  all<K extends Report['report']>(kind: K): Extract<Report, { report: K }>[] {
    return this.reports.filter((report): report is Extract<Report, { report: K }> => report.report === kind);
  }
}
