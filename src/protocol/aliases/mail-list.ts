/**
 * The text that setmaillist reads and printmaillist writes: an address or the file of another list a line. Pure.
 */
import type { ByteString } from '../mail.js';
import { BadAliases, type Instruction } from './commands.js';

/** Octets of a line with an address. */
const longest = 800;

/**
 * Throws BadAliases. Blanks at the end of a line, empty lines and lines that begin with `#` count for nothing; what begins
 * with a dot or a slash is a file, everything else an address, whatever it begins with.
 */
export function parseMailList(text: ByteString): Instruction[] {
  if (text.includes('\0')) throw new BadAliases('NUL in input');
  return text.split('\n').flatMap((line, index) => {
    const word = line.replace(/[ \t]+$/, '');
    if (word === '' || word.startsWith('#')) return [];
    if (/^[./]/.test(word)) return [word];
    if (word.length > longest) throw new BadAliases(`addresses must be under ${longest} bytes: line ${index + 1}`);
    return [word.startsWith('&') ? word : `&${word}`];
  });
}

export const mailListText = (commands: readonly Instruction[]): ByteString => commands.map((command) => `${command}\n`).join('');
