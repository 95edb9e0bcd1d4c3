/**
 * The command line of a program instruction: always `/bin/sh -c`, in the form that keeps every octet.
 * Node hands arguments and variables over as UTF-8; octets that are not UTF-8 are carried in
 * octal by a small script of ours. No text of a stranger ever becomes shell text here.
 */
import type { ByteString } from '../../protocol/mail.js';

export interface ShellCall {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The text that Node writes as exactly these octets; undefined when there is none. */
export function exact(octets: ByteString): string | undefined {
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

/**
 * How to start a command. With `own`, the script also sets the umask and joins the error output
 * to the output, as qmail-lspawn's children have them; without, the command is run as it stands.
 */
export function shellCall(command: ByteString, variables: Readonly<Record<string, ByteString>>, own: boolean): ShellCall {
  const environment: Record<string, string> = {};
  let script = own ? 'umask 077; exec 2>&1; ' : '';
  for (const [name, value] of Object.entries(variables)) {
    const text = exact(value);
    if (text !== undefined) environment[name] = text;
    else script += `${assignment(name, value)}export ${name}; `;
  }
  const plain = exact(command);
  if (script === '' && plain !== undefined) return { args: ['-c', plain], environment };
  if (plain !== undefined) return { args: ['-c', `${script}exec /bin/sh -c "$1"`, 'sh', plain], environment };
  // The command itself is not UTF-8: it travels in octal, in a variable that is not exported.
  return { args: ['-c', `${script}${assignment('tqmail_command', command)}exec /bin/sh -c "$tqmail_command"`], environment };
}
