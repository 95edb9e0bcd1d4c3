/** The answer to CAPA (RFC 2449): what the server can do, the same before and after the login but for USER. */
import type { ByteString } from '../mail.js';

const always: readonly ByteString[] = [
  'TOP',
  'UIDL',
  'PIPELINING',
  'RESP-CODES',
  'AUTH-RESP-CODE',
  'EXPIRE NEVER',
  'IMPLEMENTATION tqmail',
];

export function capabilities(loggedIn: boolean): ByteString {
  const names = loggedIn ? always : ['USER', ...always];
  return `+OK Capability list follows\r\n${names.join('\r\n')}\r\n.\r\n`;
}
