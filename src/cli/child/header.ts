/**
 * The header of the message on descriptor 0, as fields, for a command of a .qmail file.
 */
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { Fatal } from '../fatal.js';
import { messageIn, readHeader } from '../inject/message-in.js';
import { InjectTrouble } from '../inject/words.js';

export async function headerFields(call: Call): Promise<readonly ByteString[]> {
  try {
    return (await readHeader(messageIn(call))).fields;
  } catch (error) {
    if (!(error instanceof InjectTrouble)) throw error;
    throw new Fatal(error.exitCode, error.message.replace(/\n$/, ''));
  }
}
