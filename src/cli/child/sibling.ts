/**
 * Where a command finds another one: in the home's bin/, else in this copy's. A launcher of this copy is run by the node
 * that runs already, whatever PATH says.
 */
import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';

/** The words to start it with, in octets. */
export const sibling = (call: Call, name: string): readonly ByteString[] =>
  words(call, name).map((word) => Buffer.from(word, 'utf8').toString('latin1'));

function words(call: Call, name: string): readonly string[] {
  const own = fileURLToPath(new URL(`../../../../bin/${name}`, import.meta.url));
  const installed = join(call.home, 'bin', name);
  try {
    accessSync(installed, constants.X_OK);
    if (realpathSync(installed) !== realpathSync(own)) return [installed];
  } catch {
    // Not there: this copy's own.
  }
  return [process.execPath, own];
}
