/**
 * A whole server as real processes, for tests that kill it: `tqmail start`, its log line by line, all its processes.
 * Knows nothing of the mail that a test sends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isAlive, processTree } from '../../bench/process/tree.js';
import { readPids } from '../../src/cli/run/run-files.js';
import { type Ending, type MailHome, soon } from './server-home.js';

export const launcher: string = fileURLToPath(new URL('../../../bin/tqmail', import.meta.url));

export class ServerProcess {
  readonly home: MailHome;
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The last lines of stdout and stderr. */
  readonly lines: string[] = [];
  readonly #waiting = new Set<(line: string) => void>();
  readonly #remote = new Set<string>();

  /** Starts the server; `ending` stops it when it still runs. `log`: a descriptor that gets the log, in place of `lines`. */
  constructor(ending: Ending, home: MailHome, env: Record<string, string> = {}, log: 'pipe' | number = 'pipe') {
    this.home = home;
    this.child = spawn(launcher, ['start', '--home', home.path], {
      env: { ...process.env, ...env },
      stdio: ['ignore', log, 'pipe'],
    });
    const exit = once(this.child, 'exit') as Promise<[number | null, string | null]>;
    this.ended = exit.then(([code, signal]) => ({ code, signal }));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#heard(line));
    }
    ending.after(async () => void (await this.stop()));
  }

  #heard(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 5_000) this.lines.splice(0, 2_500);
    const [, started] = /^starting delivery (\d+): msg \d+ to remote /.exec(line) ?? [];
    if (started !== undefined) this.#remote.add(started);
    const [, done] = /^delivery (\d+): /.exec(line) ?? [];
    if (done !== undefined) this.#remote.delete(done);
    for (const hear of this.#waiting) hear(line);
  }

  /** Remote deliveries that the log shows as begun and not yet ended. */
  get remoteInFlight(): number {
    return this.#remote.size;
  }

  /** Resolves with the next line (or one already there) that matches; rejects when none comes in time. */
  seen(pattern: RegExp, limitMs = 30_000): Promise<string> {
    const known = this.lines.find((line) => pattern.test(line));
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((settle, fail) => {
      const miss = (why: string): void => fail(new Error(`${why} ${pattern}: ${this.lines.slice(-5).join(' | ')}`));
      const timer = setTimeout(() => miss(`not within ${limitMs / 1000} s:`), limitMs);
      const hear = (line: string): void => {
        if (!pattern.test(line)) return;
        this.#waiting.delete(hear);
        clearTimeout(timer);
        settle(line);
      };
      this.#waiting.add(hear);
      void this.ended.then(() => miss('ended before'));
    });
  }

  /** The process of that role in run/pids (start, node, lspawnd). */
  pid(role: string): number | undefined {
    return readPids(join(this.home.path, 'run/pids')).find((process) => process.role === role)?.pid;
  }

  /** SIGKILL to every process of the server at once; resolves when none is left. */
  async killAll(): Promise<void> {
    const roots = readPids(join(this.home.path, 'run/pids')).map(({ pid }) => pid);
    if (this.child.pid !== undefined) roots.push(this.child.pid);
    const tree = processTree(roots);
    for (const pid of tree.keys()) kill(pid, 'SIGKILL');
    await this.ended;
    while ([...tree].some(([pid, { started }]) => isAlive(pid, started))) await soon();
  }

  /** TERM, then KILL when the server does not end by itself; resolves with its exit code. */
  async stop(limitMs = 40_000): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    const timer = setTimeout(() => void this.killAll(), limitMs);
    const { code } = await this.ended;
    clearTimeout(timer);
    return code;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}
