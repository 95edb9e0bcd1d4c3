/** The answer to CAPA (RFC 2449): what the server can do, before and after the login. */
import type { ByteString } from '../mail.js';

const always: readonly ByteString[] = ['TOP', 'UIDL', 'PIPELINING', 'EXPIRE NEVER', 'IMPLEMENTATION tqmail'];
/** Refusals of the login carry codes (RFC 2449 §8, RFC 3206). */
const coded: readonly ByteString[] = ['RESP-CODES', 'AUTH-RESP-CODE'];

export function capabilities(loggedIn: boolean, withCodes: boolean): ByteString {
  const names = [...(loggedIn ? [] : ['USER']), ...always, ...(withCodes ? coded : [])];
  return `+OK Capability list follows\r\n${names.join('\r\n')}\r\n.\r\n`;
}
