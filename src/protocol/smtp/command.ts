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
  if (space < 0) return { verb: upperCase(text), argument: '' };
  let from = space + 1;
  while (text[from] === ' ') from++;
  return { verb: upperCase(text.slice(0, space)), argument: text.slice(from) };
}

/** Nearly every client writes verbs as the standard does: looking is cheaper than another string. */
function upperCase(verb: ByteString): ByteString {
  for (let at = 0; at < verb.length; at++) if (verb.charCodeAt(at) > 90) return verb.toUpperCase();
  return verb;
}
