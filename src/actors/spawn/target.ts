/** The two parts of a recipient. Knows no users. */
import type { ByteString } from '../../protocol/mail.js';

/** What is left to do once an address is taken apart. */
export interface LocalTarget {
  readonly local: ByteString;
  readonly host: ByteString;
}

/** The parts of a recipient before and after the last `@`. */
export function targetOf(recipient: ByteString): LocalTarget {
  const at = recipient.lastIndexOf('@');
  return at < 0 ? { local: recipient, host: '' } : { local: recipient.slice(0, at), host: recipient.slice(at + 1) };
}
