/**
 * Where a command finds another one: in the home's bin/, else in this copy's.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';

/** Absolute path in octets. */
export function sibling(call: Call, name: string): ByteString {
  const installed = join(call.home, 'bin', name);
  const path = isExecutable(installed) ? installed : fileURLToPath(new URL(`../../../../bin/${name}`, import.meta.url));
  return Buffer.from(path, 'utf8').toString('latin1');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
