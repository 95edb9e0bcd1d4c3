/**
 * Long-lived processes that run one pooled call after another, a few for each uid: a start of node for every call would
 * take most of a run's time. Ends them when the runner closes it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../runner/tree.js';
import type { Invocation } from './adapter.js';
import type { CallFiles } from './call-files.js';
import { callMs, environmentOf } from './own-process.js';
import type { PooledAnswer, PooledCall } from './pool-messages.js';

const childFile = fileURLToPath(new URL('./pool-child.js', import.meta.url));

/** What a launcher starts: `launch('queue/qmail-queue')`. */
function entryOf(program: string): string | undefined {
  return /^launch\('([^']+)'\)/m.exec(readFileSync(join(root, 'bin', program), 'utf8'))?.[1];
}

export class Pool {
  readonly #idle = new Map<string, ChildProcess[]>();
  readonly #all = new Set<ChildProcess>();
  readonly #unsuited = new Set<string>();
  readonly #entries = new Map<string, string | undefined>();

  /** Undefined: this program cannot be pooled. Rejects when the call threw or left something behind. */
  async run(home: string, call: Invocation, files: CallFiles): Promise<number | undefined> {
    const { program } = call;
    if (!this.#entries.has(program)) this.#entries.set(program, entryOf(program));
    const entry = this.#entries.get(program);
    if (entry === undefined || this.#unsuited.has(program)) return undefined;
    const path = join(home, 'bin', call.calledAs ?? program);
    const env = environmentOf(call, home);
    const job: PooledCall = { entry, path, args: call.args ?? [], env, home, cwd: call.cwd ?? home, ...files };
    const answer = await this.#ask(call, job);
    if (answer.unsuited === true) {
      this.#unsuited.add(program);
      return undefined;
    }
    if (answer.threw !== undefined) throw new Error(`${program} threw: ${answer.threw}`);
    if (answer.left !== undefined) throw new Error(`${program} left behind: ${answer.left}`);
    return answer.exit;
  }

  close(): void {
    for (const child of this.#all) if (child.connected) child.disconnect();
  }

  #ask({ uid, gid }: Invocation, job: PooledCall): Promise<PooledAnswer> {
    const identity = process.getuid?.() === 0 && uid !== undefined ? { uid, gid: gid ?? uid } : {};
    const key = JSON.stringify(identity);
    const child = this.#idle.get(key)?.pop() ?? this.#start(identity);
    return new Promise((settle, fail) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        over();
        fail(new Error(`${job.entry} did not end within ${callMs / 1000} s`));
      }, callMs);
      const gone = (): void => {
        over();
        fail(new Error(`${job.entry} ended the pooled process instead of returning`));
      };
      const answered = (answer: PooledAnswer): void => {
        over();
        this.#idle.set(key, [...(this.#idle.get(key) ?? []), child]);
        settle(answer);
      };
      const over = (): void => {
        clearTimeout(timer);
        child.off('exit', gone);
        child.off('message', answered);
      };
      child.once('exit', gone);
      child.once('message', answered);
      child.send(job);
    });
  }

  #start(identity: { uid?: number; gid?: number }): ChildProcess {
    const child = spawn(process.execPath, [childFile], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: {}, ...identity });
    this.#all.add(child);
    child.once('exit', () => this.#all.delete(child));
    return child;
  }
}
