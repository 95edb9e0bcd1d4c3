/**
 * Keeps other sites away from a sink on somebody's machine: a page elsewhere can neither read mail here by a name that
 * it points to this address, nor change anything by a form or a script.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Undefined: may go on; else why not. `names` are those that whoever started the sink knows to be its own. */
export function allowedHost({ headers }: IncomingMessage, names: readonly string[]): string | undefined {
  const { host = '', origin } = headers;
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  if (isIP(name) === 0 && name !== 'localhost' && !names.includes(name)) {
    return `ask by address or as localhost, not as ${name || 'nobody'}: a name could be another site's; --http-name allows one`;
  }
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return `${origin} is another site`;
  return undefined;
}
