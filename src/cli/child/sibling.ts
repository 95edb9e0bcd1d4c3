/**
 * Whether a home has a program of its own in the place of one of ours.
 */
import { accessSync, constants, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';

/** Its path in octets; undefined: bin/NAME of the home is this copy's launcher, or is not there. */
export function otherInHome(call: Call, name: string): ByteString | undefined {
  const own = fileURLToPath(new URL(`../../../../bin/${name}`, import.meta.url));
  const installed = join(call.home, 'bin', name);
  try {
    accessSync(installed, constants.X_OK);
    if (realpathSync(installed) === realpathSync(own)) return undefined;
  } catch {
    return undefined;
  }
  return Buffer.from(installed, 'utf8').toString('latin1');
}
