/**
 * Certificate and key made ready for use; words for a person when they are not good.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { CertificateAndKey } from './self-signed.js';

/** Undefined for undefined. Throws with words when the two cannot be read or do not belong together. */
export function contextOf(pair: CertificateAndKey | undefined): SecureContext | undefined {
  if (pair === undefined) return undefined;
  try {
    return createSecureContext({ cert: pair.cert, key: pair.key });
  } catch (error) {
    throw new Error(`certificate and key cannot be used for TLS: ${(error as Error).message}`);
  }
}
