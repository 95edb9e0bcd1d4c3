/**
 * The program that decides for condredirect, bouncesaying and except: it reads the message, its exit code is the answer.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { Fatal, temporary } from '../fatal.js';
import { runProgram, startMayWorkLater } from './program.js';

/** True for exit code 0; 111, a crash and a start that may work later end the command; any other code is false. */
export async function condition(call: Call, words: readonly ByteString[]): Promise<boolean> {
  const end = await runProgram(call, words);
  if (end.tag === 'crashed') throw new Fatal(temporary, 'child crashed');
  if (end.tag === 'exit' ? end.code === temporary : startMayWorkLater(end.code)) {
    throw new Fatal(temporary, 'temporary child error');
  }
  return end.tag === 'exit' && end.code === 0;
}
