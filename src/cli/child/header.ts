/**
 * The header of the message on descriptor 0, as fields. What follows it is not read further than needed.
 */
import type { ByteString } from '../../protocol/mail.js';
import { splitHeader } from '../../protocol/message/header-lines.js';
import type { Call } from '../call.js';
import { errorWords, Fatal, permanent, temporary } from '../fatal.js';
import { pieces } from './pieces.js';

/** Octets of a header; a larger one is refused. */
const largest = 64 * 1024 * 1024;

export async function headerFields(call: Call): Promise<readonly ByteString[]> {
  let text = '';
  try {
    for await (const piece of pieces(call, 0)) {
      text += piece.toString('latin1');
      const split = splitHeader(text, false);
      if (split !== undefined) return split.fields;
      if (text.length > largest) throw new Fatal(permanent, `the header is larger than ${largest} octets`);
    }
  } catch (error) {
    if (error instanceof Fatal) throw error;
    throw new Fatal(temporary, `unable to read message: ${errorWords(error)}`);
  }
  return splitHeader(text, true)?.fields ?? [];
}
