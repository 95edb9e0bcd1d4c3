/**
 * Runs another of qmail's programs, maybe under a user's ids, with a message as its input, and keeps the first octets of
 * what it says on both of its outputs. Every octet of its arguments arrives as it is.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assignment, exactText } from '../../../actors/spawn/octet-shell.js';
import { outputLimit } from '../../../protocol/local-report.js';
import type { ByteString } from '../../../protocol/mail.js';

export interface RunAs {
  readonly home: string;
  /** Name below the home's bin/; this copy's own when it is not there. */
  readonly program: string;
  readonly args: readonly ByteString[];
  /** Text as Node has it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly ids: { readonly uid?: number; readonly gid?: number };
  readonly input: number;
}

/** `code` undefined: a signal ended it. */
export type RunEnd = { readonly code: number | undefined; readonly output: ByteString } | 'unstarted';

/** How long to read on after the end, when a program that it started still holds the output. */
const outputGrace = 2000;

/** This copy's launchers are run by the node that runs already, whatever PATH says. */
function programWords(home: string, program: string): string[] {
  const own = fileURLToPath(new URL(`../../../../../bin/${program}`, import.meta.url));
  const installed = join(home, 'bin', program);
  try {
    accessSync(installed, constants.X_OK);
    if (realpathSync(installed) !== realpathSync(own)) return [installed];
  } catch {
    // Not there: this copy's own.
  }
  return [process.execPath, own];
}

/** Both outputs joined, which only a shell can do; words that are not UTF-8 travel in octal, never as shell text. */
function shellWords(words: readonly string[], args: readonly ByteString[]): string[] {
  let script = '';
  const given = [...words];
  const names = args.map((arg, index) => {
    const text = exactText(arg);
    if (text === undefined) {
      script += assignment(`tqmail_${index}`, arg);
      return `"$tqmail_${index}"`;
    }
    given.push(text);
    return `"\${${given.length}}"`;
  });
  const program = words.map((_, index) => `"$${index + 1}"`);
  return ['-c', `${script}exec ${[...program, ...names].join(' ')} 2>&1`, 'sh', ...given];
}

export function runAs({ home, program, args, environment, ids, input }: RunAs): Promise<RunEnd> {
  return new Promise((settle) => {
    const stdio: [number, 'pipe', 'ignore'] = [input, 'pipe', 'ignore'];
    const words = shellWords(programWords(home, program), args);
    const child = spawn('/bin/sh', words, { cwd: '/', env: environment, stdio, ...ids });
    let output = '';
    let grace: NodeJS.Timeout | undefined;
    child.stdout?.on('data', (chunk: Buffer) => {
      if (output.length < outputLimit) output += chunk.toString('latin1', 0, outputLimit - output.length);
    });
    child.once('error', () => settle('unstarted'));
    child.once('exit', () => {
      grace = setTimeout(() => child.stdout?.destroy(), outputGrace);
    });
    child.once('close', (code) => {
      clearTimeout(grace);
      settle({ code: code ?? undefined, output });
    });
  });
}
