/**
 * Runs one program of the test run, keeps what it prints and how long it took.
 * It never decides whether the result is good; the caller does.
 */
import { spawn } from 'node:child_process';
import { root } from './tree.js';

export interface Ran {
  /** Exit code; 128 when a signal ended it, 127 when it could not be started. */
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

export interface Where {
  /** Working folder; default the root of the clone. */
  readonly folder?: string;
  /** Variables added to the environment. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs `program` with stdout and stderr joined; ends it with SIGKILL after `limitSeconds`. */
export function run(program: string, args: readonly string[], limitSeconds: number, where: Where = {}): Promise<Ran> {
  const started = performance.now();
  return new Promise((settle) => {
    const pieces: Buffer[] = [];
    const child = spawn(program, args, {
      cwd: where.folder ?? root,
      env: { ...process.env, ...where.variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitSeconds * 1000,
      killSignal: 'SIGKILL',
    });
    const end = (code: number): void =>
      settle({ code, output: Buffer.concat(pieces).toString('utf8'), seconds: (performance.now() - started) / 1000 });
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', (error) => {
      pieces.push(Buffer.from(`${program}: ${error.message}\n`));
      end(127);
    });
    child.on('close', (code) => end(code ?? 128));
  });
}

/** Path of an installed development program, run without npx. */
export function installed(name: string): string {
  return `${root}/node_modules/.bin/${name}`;
}
