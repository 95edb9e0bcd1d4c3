/**
 * Keeps other sites away from a sink on somebody's machine: a page elsewhere can neither read mail here by a name that
 * it points to this address, nor change anything by a form or a script.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Undefined: may go on; else why not. */
export function allowedHost({ headers }: IncomingMessage, listening: string): string | undefined {
  const { host = '', origin } = headers;
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(name) === 0 && name !== 'localhost' && name !== listening) {
    return `ask by address or as localhost, not as ${name || 'nobody'}: a name could be another site's`;
  }
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return `${origin} is another site`;
  return undefined;
}
