/**
 * How a qmail program ends when it cannot go on: `NAME: fatal: text` on descriptor 2 and an exit code.
 * The words for errors of the system are qmail's.
 */
import { errnoText } from '../protocol/errno-text.js';
import type { ByteString } from '../protocol/mail.js';
import { codeOf } from '../store/octet-path.js';
import { type Call, complainTo } from './call.js';

export const permanent = 100;
export const temporary = 111;

/** Ends a command. `line` is the whole line when it is no fatal one (usage). */
export class Fatal extends Error {
  override readonly name = 'Fatal';
  readonly exitCode: number;
  readonly line: ByteString | undefined;
  constructor(exitCode: number, text: ByteString, line?: ByteString) {
    super(text);
    this.exitCode = exitCode;
    this.line = line;
  }
}

/** `NAME: usage: NAME words`, exit code 100. */
export const wrongUsage = (name: string, words: string): Fatal =>
  new Fatal(permanent, '', `${name}: usage: ${name}${words === '' ? '' : ` ${words}`}`);

/** Runs a command's body and tells what stopped it. */
export async function orFatal(call: Call, name: string, body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Fatal)) throw error;
    complainTo(call, error.line ?? `${name}: fatal: ${error.message}`);
    return error.exitCode;
  }
}

/** qmail's words for an error of the system. */
export const errorWords = (error: unknown): string => errnoText(codeOf(error));

/** The variable, or the end of the command: `NAME not set`. */
export function needed(call: Call, name: string, exitCode: number): ByteString {
  const value = call.env.get(name);
  if (value === undefined) throw new Fatal(exitCode, `${name} not set`);
  return value;
}
