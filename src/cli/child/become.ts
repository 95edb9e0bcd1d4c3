/**
 * Commands that hand their input, with something in front, to a program and end as it does (preline, predate).
 */
import { join } from 'node:path';
import { errnoText } from '../../protocol/errno-text.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Call, Command } from '../call.js';
import { errorWords, Fatal, temporary } from '../fatal.js';
import { pieces } from '../pieces.js';
import { runProgram } from './program.js';
import { otherInHome } from './sibling.js';

/**
 * The exit code of a command of ours with the front before its input: `own` within this process, unless the home has
 * another program of that name.
 */
export async function ownWithFront(
  call: Call,
  name: string,
  args: readonly ByteString[],
  front: ByteString,
  own: () => Promise<Command>,
): Promise<number> {
  const other = otherInHome(call, name);
  if (other !== undefined) return withFront(call, [other, ...args], front, () => temporary);
  const path = join(call.home, 'bin', name);
  return (await own())({ ...call, path, args, front });
}

/** The program's exit code. `missing` gives the exit code for a program that cannot be started. */
export async function withFront(
  call: Call,
  words: readonly ByteString[],
  front: ByteString,
  missing: (code: string) => number,
): Promise<number> {
  async function* input(): AsyncGenerator<Uint8Array> {
    if (front !== '') yield Buffer.from(front, 'latin1');
    yield* pieces(call, 0);
  }
  const end = await runProgram(call, words, { input: input() }).catch((error: unknown) => {
    throw new Fatal(temporary, `unable to copy input: ${errorWords(error)}`);
  });
  if (end.tag === 'exit') return end.code;
  if (end.tag === 'crashed') throw new Fatal(temporary, 'child crashed');
  throw new Fatal(missing(end.code), `unable to run ${words[0]}: ${errnoText(end.code)}`);
}
