/**
 * The processes that the bench started, and their end: by pid, whole trees, also after an error or Ctrl-C.
 * It must never touch a process that it did not start or that was not seen below one it started.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { isAlive, processTree } from './tree.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<Ended>;
  /** What it wrote to stdout and stderr, the last 64 KiB of each. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** Ends the tree below it: a signal to the root, after `politeMs` SIGKILL to what is left. May be called twice. */
  stop(signal?: NodeJS.Signals, politeMs?: number): Promise<void>;
}

const keptOutput = 65_536;
const politeMs = 10_000;
/** How long the kernel may take to end what was killed. */
const killedMs = 5_000;
/** Roots still to be ended: pid → ends the tree. */
const running = new Map<number, (signal: NodeJS.Signals) => Promise<void>>();

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A descriptor that takes stdout; without it stdout is kept in memory. */
  readonly stdout?: number;
  /** The program only wraps another one (unshare): signals go to that one. */
  readonly wraps?: boolean;
}

let closed = false;

/** Starts a program; rejects when it cannot be started at all (not found), or when the bench is ending. */
export async function startChild(command: string, args: readonly string[], options: StartOptions = {}): Promise<Child> {
  if (closed) throw new Error('the bench is ending');
  const stdio: StdioOptions = ['ignore', options.stdout ?? 'pipe', 'pipe'];
  const child = spawn(command, args, { stdio, cwd: options.cwd, env: options.env ?? process.env });
  const output = { stdout: '', stderr: '' };
  keepOutput(child, output);
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      if (child.pid !== undefined) running.delete(child.pid);
      resolve({ code, signal });
    });
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`cannot start ${command}: ${error.message}`)));
    child.once('spawn', () => {
      const pid = child.pid;
      if (pid === undefined) return reject(new Error(`cannot start ${command}: no pid`));
      const stop = (signal: NodeJS.Signals = 'SIGTERM', ms = politeMs): Promise<void> =>
        endTree(pid, signal, options.wraps === true, ms);
      running.set(pid, stop);
      resolve({ pid, ended, output, stop });
    });
  });
}

function keepOutput(child: ChildProcess, output: { stdout: string; stderr: string }): void {
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      output[name] = (output[name] + chunk.toString('latin1')).slice(-keptOutput);
    });
  }
}

/** Asks the root to end, waits, then kills what is left of the tree that was seen before. */
async function endTree(root: number, signal: NodeJS.Signals, wraps: boolean, ms: number): Promise<void> {
  const tree = processTree([root]);
  running.delete(root);
  for (const [pid, { parent }] of tree) if (wraps ? parent === root : pid === root) sendSignal(pid, signal);
  if (await allEnd(tree, ms)) return;
  for (const [pid, { started }] of tree) if (isAlive(pid, started)) sendSignal(pid, 'SIGKILL');
  await allEnd(tree, killedMs);
}

async function allEnd(tree: ReadonlyMap<number, { readonly started: number }>, ms: number): Promise<boolean> {
  const isThere = (): boolean => [...tree].some(([pid, { started }]) => isAlive(pid, started));
  for (const deadline = Date.now() + ms; isThere(); await pause(20)) if (Date.now() >= deadline) return false;
  return true;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Ends everything that is still running, last started first; from then on nothing can be started when `forGood`. */
export async function endAllChildren(forGood = false): Promise<void> {
  closed ||= forGood;
  for (const stop of [...running.values()].reverse()) await stop('SIGTERM');
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
