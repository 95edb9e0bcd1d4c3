/**
 * The text that setmaillist reads and printmaillist writes: an address or the file of another list a line. Pure.
 */
import type { ByteString } from '../mail.js';
import { BadAliases, type Instruction, instruction } from './commands.js';

/** Throws BadAliases. Blanks at the end of a line, empty lines and lines that begin with `#` count for nothing. */
export function parseMailList(text: ByteString): Instruction[] {
  return text.split('\n').flatMap((line, index) => {
    const word = line.replace(/[ \t]+$/, '');
    if (word === '' || word.startsWith('#')) return [];
    if (/^[&./A-Za-z0-9]/.test(word)) return [instruction(word)];
    throw new BadAliases(`line ${index + 1} is neither an address nor a file: ${word}`);
  });
}

export const mailListText = (commands: readonly Instruction[]): ByteString => commands.map((command) => `${command}\n`).join('');
