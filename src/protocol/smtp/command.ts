/**
 * One SMTP command line taken apart as qmail does it: the verb up to the first space, any case, the argument after
 * further spaces (spec smtpd.md §2). A NUL ends the line. No grammar beyond that: each command judges its own argument.
 */
import type { ByteString } from '../mail.js';

export interface CommandLine {
  /** Upper case. */
  readonly verb: ByteString;
  readonly argument: ByteString;
}

/** Takes a line without its line end apart. */
export function parseCommand(line: ByteString): CommandLine {
  const nul = line.indexOf('\0');
  const text = nul < 0 ? line : line.slice(0, nul);
  const space = text.indexOf(' ');
  if (space < 0) return { verb: text.toUpperCase(), argument: '' };
  let from = space + 1;
  while (text[from] === ' ') from++;
  return { verb: text.slice(0, space).toUpperCase(), argument: text.slice(from) };
}
