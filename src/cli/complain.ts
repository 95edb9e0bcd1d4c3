/**
 * How a command says that it cannot: one line on stderr, and an exit code.
 * Writes synchronously, so that the line is out before the process ends.
 */
import { writeSync } from 'node:fs';

/** Raised where a command cannot go on; the command's main turns it into one line and the exit code. */
export class CommandTrouble extends Error {
  override readonly name = 'CommandTrouble';
  readonly exitCode: number;
  /** qmail-send's words for it, where it has some: what its log says behind `alert: cannot start: `. */
  readonly alert: string | undefined;
  constructor(exitCode: number, text: string, alert?: string) {
    super(text);
    this.exitCode = exitCode;
    this.alert = alert;
  }
}

/** Writes one line to stderr; a closed stderr is no reason to fail. */
export function complain(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // Nobody listens; the exit code still tells.
  }
}

/** By name: the demo runs out of a copy of the code, which has a class of its own. */
function isTrouble(error: unknown): error is CommandTrouble {
  return error instanceof Error && error.name === 'CommandTrouble';
}

/** Runs a command's body: CommandTrouble becomes `PROGRAM: fatal: text` on stderr and its exit code. */
export async function orComplain(program: string, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (!isTrouble(error)) throw error;
    complain(`${program}: fatal: ${error.message}`);
    return error.exitCode;
  }
}

/** The operating system's words for a failed call, without Node's prefix and path: `ENOENT` and `no such file or directory`. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const match = /^[A-Z0-9]+: ([^,]+)/.exec(error.message);
  return match?.[1] ?? error.message;
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
