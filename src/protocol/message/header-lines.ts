/**
 * A message's header cut into fields, as qmail-inject reads it (spec inject.md §3): what is no field ends the header.
 * Works on the whole header text; a body is passed on untouched.
 */
import type { ByteString } from '../mail.js';

export interface SplitMessage {
  /** Each with its continuations and its final line feed. */
  readonly fields: readonly ByteString[];
  /** From the empty line on (an empty line is put in where a faulty line ended the header); empty: no body came. */
  readonly rest: ByteString;
}

const mboxLine = 'From ';

/** Name of a field in lower case; undefined when the line is none: no colon, no name, blanks or odd octets in it. */
export function fieldName(line: ByteString): ByteString | undefined {
  const found = /^([!-9;-~]+)[ \t]*:/.exec(line);
  return found?.[1]?.toLowerCase();
}

/** `text` holds the header and any part of what follows; it is complete when `ended` (end of input). */
export function splitHeader(text: ByteString, ended: boolean): SplitMessage | undefined {
  const fields: ByteString[] = [];
  let at = 0;
  while (at < text.length) {
    const found = text.indexOf('\n', at);
    if (found < 0 && !ended) return undefined;
    const line = found < 0 ? `${text.slice(at)}\n` : text.slice(at, found + 1);
    const next = found < 0 ? text.length : found + 1;
    const folded = line[0] === ' ' || line[0] === '\t';
    if (folded && fields.length > 0) fields[fields.length - 1] += line;
    else if (line === '\n') return { fields, rest: text.slice(at) || '\n' };
    else if (line.startsWith(mboxLine)) fields.push(`MBOX-Line: ${line}`);
    else if (fieldName(line) !== undefined) fields.push(line);
    else return { fields, rest: `\n${text.slice(at)}` };
    at = next;
  }
  return ended ? { fields, rest: '' } : undefined;
}
