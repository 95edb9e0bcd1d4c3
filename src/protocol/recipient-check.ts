/**
 * control/recipients: whom SMTP asks whether a recipient exists, and the keys under which a list has it. Pure.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString } from './mail.js';

export type RecipientSource =
  | { readonly kind: 'off' | 'local' }
  /** Relative to the home, or absolute. */
  | { readonly kind: 'file' | 'cdb'; readonly file: string }
  | { readonly kind: 'program'; readonly words: readonly string[] };

/** Undefined: the line is none of the forms. */
export function parseRecipientSource(line: string): RecipientSource | undefined {
  const [kind = '', ...words] = line.trim().split(/[ \t]+/);
  const [file] = words;
  if ((kind === 'off' || kind === 'local') && words.length === 0) return { kind };
  if ((kind === 'file' || kind === 'cdb') && file !== undefined && words.length === 1) return { kind, file };
  return kind === 'program' && words.length > 0 ? { kind, words } : undefined;
}

/** The keys of an address in the order in which they are tried; without a host it is `envnoathost`'s. */
export function recipientKeys(address: ByteString, envnoathost: ByteString): readonly ByteString[] {
  const whole = lowerCaseAscii(address.includes('@') ? address : `${address}@${envnoathost}`);
  return [whole, whole.slice(whole.lastIndexOf('@'))];
}

/** The entries of a list, lower case, without comments and blanks around them. */
export function recipientList(text: ByteString): readonly ByteString[] {
  return text
    .split('\n')
    .map((line) => lowerCaseAscii(line.trim()))
    .filter((line) => line !== '' && !line.startsWith('#'));
}
