/**
 * Attaches strace to a process of the test to slow or fail its flushes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

/** Why tests with strace cannot run here, or undefined. */
export function noStrace(): string | undefined {
  const { status, stderr, error } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (error !== undefined) return 'not applicable: strace is not installed';
  return status === 0 ? undefined : `not applicable: strace cannot trace here: ${stderr.trim()}`;
}

/** Injects into every fdatasync of `pid` and its threads; resolves once attached, to what detaches. */
export function injectFdatasync(t: TestContext, pid: number, what: string): Promise<() => Promise<void>> {
  return inject(t, pid, 'fdatasync', what);
}

/** The same for any system calls, named as strace names them. */
export async function inject(t: TestContext, pid: number, calls: string, what: string): Promise<() => Promise<void>> {
  const strace = spawn(
    'strace',
    ['-f', '-p', String(pid), '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${what}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const closed = once(strace, 'close');
  const detach = async (): Promise<void> => {
    strace.kill('SIGINT');
    await closed;
  };
  t.after(detach);
  let said = '';
  for await (const line of createInterface({ input: strace.stderr })) {
    if (/attached/.test(line)) return detach;
    said += line;
  }
  throw new Error(`strace did not attach: ${said}`);
}
