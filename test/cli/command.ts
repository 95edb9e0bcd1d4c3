/**
 * Runs launchers as real processes for tests: collects their output, waits for events, ends what it started.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { initHome } from '../../src/cli/init/init.js';

export const launcher = (name: string): string => fileURLToPath(new URL(`../../../bin/${name}`, import.meta.url));
export const fakeNode = fileURLToPath(new URL('./fake-node.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves with the text of stdout or stderr once it matches. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly stdin?: string | Buffer;
  /** Words before the launcher's path: a program that becomes the command. */
  readonly through?: readonly string[];
  /** Descriptor 0 stays open: the test writes to it. */
  readonly open?: boolean;
  /** Another program than the launcher of that name. */
  readonly path?: string;
}

/** Starts `bin/NAME`; the test ends it when it is still there. */
export function run(t: TestContext, name: string, args: readonly string[], options: RunOptions = {}): Running {
  const [file = '', ...words] = [...(options.through ?? []), options.path ?? launcher(name), ...args];
  const child = spawn(file, words, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  const heard = (): void => {
    for (const check of waiting) check();
  };
  child.stdout?.setEncoding('latin1').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr?.setEncoding('latin1').on('data', (text: string) => {
    stderr += text;
    heard();
  });
  child.stdin?.on('error', () => undefined);
  if (options.open !== true) child.stdin?.end(options.stdin ?? '');
  const finished = new Promise<Finished>((settle) => child.once('close', (code) => settle({ code, stdout, stderr })));
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await finished;
  });
  const seen = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((settle, fail) => {
      const check = (): void => {
        const found = pattern.exec(stdout + stderr);
        if (found === null) return;
        waiting.delete(check);
        settle(found);
      };
      waiting.add(check);
      void finished.then((end) => fail(new Error(`ended before ${pattern}: ${JSON.stringify(end)}`)));
      check();
    });
  return { child, finished, seen };
}

/** A folder of its own for a test, 0755 so that another uid can enter; removed at its end. */
export function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-test-'));
  chmodSync(folder, 0o755);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The first line that a server on 127.0.0.1 sends. */
export function greeting(port: number): Promise<string> {
  return new Promise((settle, fail) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('end', () => settle(text));
    socket.once('error', fail);
  });
}

export interface Ready {
  readonly pid: number;
  readonly listeners: readonly { readonly protocol: string; readonly address: string; readonly port: number }[];
}

/** A home with one listener on any port. */
export async function makeHome(t: TestContext): Promise<string> {
  const folder = scratch(t);
  const home = join(folder, 'home');
  await initHome({ home, me: 'mail.example.org', base: 2500, demo: false, extra: [] });
  writeFileSync(join(home, 'control/listeners'), 'smtp 127.0.0.1:0\n');
  return home;
}

export interface ServerOptions {
  readonly env?: Record<string, string>;
  /** `real`: the node with its actors; default: the fake one. */
  readonly node?: 'fake' | 'real';
  readonly verb?: 'start' | 'demo';
  readonly args?: readonly string[];
  readonly through?: readonly string[];
}

/** Starts a server; `ready` resolves with its ready file. */
export function startServer(
  t: TestContext,
  home: string,
  { env = {}, node = 'fake', verb = 'start', args = [], through = [] }: ServerOptions = {},
): Running & { ready(): Promise<Ready> } {
  const readyFile = join(home, '..', 'ready');
  const entry = node === 'fake' ? ['--node-entry', fakeNode] : [];
  const running = run(t, 'tqmail', [verb, '--home', home, '--ready-file', readyFile, ...entry, ...args], { env, through });
  const ready = (): Promise<Ready> =>
    new Promise((settle, fail) => {
      const watcher = watch(join(home, '..'), () => check());
      const check = (): void => {
        if (!existsSync(readyFile)) return;
        watcher.close();
        settle(JSON.parse(readFileSync(readyFile, 'utf8')) as Ready);
      };
      void running.finished.then((end) => {
        watcher.close();
        fail(new Error(`ended: ${JSON.stringify(end)}`));
      });
      check();
    });
  return { ...running, ready };
}
