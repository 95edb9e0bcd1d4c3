/**
 * Runs program lines: /bin/sh in the user's home, the message as standard input, output kept up
 * to the length of a report. Knows nothing of .qmail files; the exit code is the caller's to judge.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { outputLimit } from '../../protocol/local-report.js';
import type { ByteString } from '../../protocol/mail.js';
import { openMessageFile } from '../../store/message-file.js';
import type { UnixMessage } from '../../store/unix-message.js';
import { shellCall } from './shell.js';

export interface ProgramCall {
  readonly command: ByteString;
  readonly home: ByteString;
  readonly variables: Readonly<Record<string, ByteString>>;
  readonly message: UnixMessage;
}

/** `crashed`: ended by a signal. `unstarted`: no process came to be. `rewind`: no message file could be made. */
export type ProgramEnd =
  | { readonly tag: 'exit'; readonly code: number; readonly output: ByteString }
  | { readonly tag: 'crashed'; readonly output: ByteString }
  | { readonly tag: 'unstarted'; readonly code: string }
  | { readonly tag: 'rewind' };

/** Descriptors that programs get as their output and error output. */
export interface SharedOutput {
  readonly out: number;
  readonly err: number;
}

/** qmail lets deliveries run for a day. */
const longestRun = 24 * 60 * 60 * 1000;
/** How long to read on after the program ended, when a child of it still holds the output. */
const outputGrace = 2000;

export class Programs {
  readonly #running = new Set<ChildProcess>();
  readonly #shared: SharedOutput | undefined;

  /** `shared`: where programs write themselves; they inherit this process's umask then (the qmail-local command). */
  constructor(shared?: SharedOutput) {
    this.#shared = shared;
  }

  /** Runs one program to its end. */
  async run(call: ProgramCall): Promise<ProgramEnd> {
    let file: FileHandle;
    try {
      file = await openMessageFile(call.message);
    } catch {
      return { tag: 'rewind' };
    }
    try {
      return await this.#spawn(call, file.fd);
    } finally {
      await file.close().catch(() => undefined);
    }
  }

  /** Ends all programs now; their deliveries are deferred. */
  stop(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }

  #spawn(call: ProgramCall, input: number): Promise<ProgramEnd> {
    const { args, environment } = shellCall(call.command, call.variables, this.#shared === undefined);
    const cwd = Buffer.from(call.home, 'latin1').toString('utf8');
    return new Promise((resolve) => {
      const { out, err } = this.#shared ?? { out: 'pipe' as const, err: 'inherit' as const };
      const child: ChildProcess = spawn('/bin/sh', args, { cwd, env: environment, stdio: [input, out, err] });
      const output = collect(child);
      this.#running.add(child);
      const timer = setTimeout(() => child.kill('SIGKILL'), longestRun);
      timer.unref();
      let grace: NodeJS.Timeout | undefined;
      const end = (result: ProgramEnd): void => {
        clearTimeout(timer);
        clearTimeout(grace);
        this.#running.delete(child);
        resolve(result);
      };
      child.once('error', (error) => end({ tag: 'unstarted', code: (error as NodeJS.ErrnoException).code ?? 'EIO' }));
      child.once('exit', () => {
        grace = setTimeout(() => child.stdout?.destroy(), outputGrace);
      });
      child.once('close', (code) =>
        end(code === null ? { tag: 'crashed', output: output() } : { tag: 'exit', code, output: output() }),
      );
    });
  }
}

/** Keeps the first octets of a child's output and reads the rest away. */
function collect(child: ChildProcess): () => ByteString {
  let kept = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    if (kept.length < outputLimit) kept += chunk.toString('latin1', 0, outputLimit - kept.length);
  });
  return () => kept;
}
