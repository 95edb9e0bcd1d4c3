/**
 * Arguments and variables of programs as octets. Node hands them over as UTF-8; octets that are not UTF-8 are carried
 * in octal by a small script of ours. No text of a stranger ever becomes shell text here.
 */
import type { ByteString } from '../../protocol/mail.js';

/** The text that Node writes as exactly these octets; undefined when there is none. */
export function exactText(octets: ByteString): string | undefined {
  if (/^[\x00-\x7f]*$/.test(octets)) return octets;
  const bytes = Buffer.from(octets, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/** Shell text that sets a variable to any octets; the final x keeps trailing line ends. */
export function assignment(name: string, octets: ByteString): string {
  let digits = '';
  for (let i = 0; i < octets.length; i++) digits += `\\0${octets.charCodeAt(i).toString(8).padStart(3, '0')}`;
  return `${name}=$(printf %b '${digits}x'); ${name}=\${${name}%x}; `;
}

/** How to start `program` with arguments of any octets but NUL. */
export function octetCall(
  program: string,
  args: readonly ByteString[],
): { readonly file: string; readonly args: readonly string[] } {
  const texts = args.map(exactText);
  if (texts.every((text) => text !== undefined)) return { file: program, args: texts };
  const assignments = args.map((arg, index) => assignment(`tqmail_${index}`, arg)).join('');
  const words = args.map((_, index) => `"$tqmail_${index}"`).join(' ');
  return { file: '/bin/sh', args: ['-c', `${assignments}exec "$0" ${words}`, program] };
}
