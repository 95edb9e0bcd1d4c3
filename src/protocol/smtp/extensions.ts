/**
 * What the server announces after EHLO, and the parameters of MAIL that belong to it.
 * Parameters that were not announced are ignored, as qmail does (spec smtpd.md §2.1).
 */
import type { ByteString } from '../mail.js';
import { loginMechanisms } from './login.js';
import type { SmtpServerOptions } from './session.js';

/**
 * The whole reply to EHLO (RFC 5321 §4.1.1.1). Without enhanced codes it is qmail's, to which a limit on the size is added
 * when there is one.
 */
export function ehloReply(options: SmtpServerOptions): ByteString {
  const { greeting, databytes } = options;
  const enhanced = options.enhanced === 'ehlo';
  const keywords = ['PIPELINING', '8BITMIME'];
  if (options.auth === true) keywords.unshift(`AUTH ${loginMechanisms.join(' ')}`);
  if (options.utf8 === true) keywords.unshift('SMTPUTF8');
  if (enhanced || databytes > 0) keywords.push(`SIZE ${databytes}`);
  if (enhanced) keywords.push('ENHANCEDSTATUSCODES');
  if (options.etrn === true) keywords.push('ETRN');
  if (options.starttls === true) keywords.push('STARTTLS');
  const lines = [greeting, ...keywords];
  return lines.map((line, index) => `250${index === lines.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
}

/** The number of `SIZE=n` among the parameters after an address (RFC 1870 §6.1), or undefined. */
export function declaredSize(parameters: ByteString): number | undefined {
  if (parameters.length < 6) return undefined;
  const found = /(?:^|\s)SIZE=(\d{1,20})(?=\s|$)/i.exec(parameters);
  return found ? Number(found[1]) : undefined;
}
