/**
 * What fastforward does for a target, as it stands in its database (spec companions.md §4): commands, each ended by NUL,
 * under `:target`; the owner under `?target`; targets in small letters. Pure.
 */
import { fromByteString, lowerCaseAscii, toByteString } from '../bytes.js';
import type { CdbRecord } from '../cdb.js';
import type { ByteString } from '../mail.js';

/** Longest address, in octets. */
const longestAddress = 800;

/** `&address`, `|program`, `!program` (with the three lines in front), `/file` or `./file` (a list in binary form). */
export type Instruction = ByteString;

/** Why a source is refused; for people, without the program's name. */
export class BadAliases extends Error {
  override readonly name = 'BadAliases';
}

export const commandsRecord = (target: ByteString, commands: readonly Instruction[]): CdbRecord => ({
  key: fromByteString(`:${lowerCaseAscii(target)}`),
  value: fromByteString(commands.map((command) => `${command}\0`).join('')),
});

export const ownerRecord = (target: ByteString, owner: ByteString): CdbRecord => ({
  key: fromByteString(`?${lowerCaseAscii(target)}`),
  value: fromByteString(owner),
});

/** Texts that each end with NUL; undefined when the last one does not. */
export function nulTexts(octets: Uint8Array): ByteString[] | undefined {
  const texts = toByteString(octets).split('\0');
  return texts.pop() === '' ? texts : undefined;
}

/** Checks one command word of a source and gives it its mark. Throws BadAliases. */
export function instruction(word: ByteString): Instruction {
  if (word.includes('\0')) throw new BadAliases('NUL is not permitted');
  const marked = /^[&|!./?]/.test(word) ? word : `&${word}`;
  if (marked.startsWith('&')) checkLength(marked);
  return marked;
}

function checkLength(marked: ByteString): void {
  if (marked.length > longestAddress + 1) throw new BadAliases(`addresses over ${longestAddress} bytes are not permitted`);
}
