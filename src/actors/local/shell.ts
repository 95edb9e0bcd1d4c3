/**
 * The command line of a program instruction: always `/bin/sh -c`, in the form that keeps every octet
 * (spawn/octet-shell.ts). No text of a stranger ever becomes shell text here.
 */
import type { ByteString } from '../../protocol/mail.js';
import { assignment, exactText } from '../spawn/octet-shell.js';

export interface ShellCall {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a shell can set; a variable of another name and with octets that are not UTF-8 is left out. */
const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * How to start a command. With `own`, the script also sets the umask and joins the error output
 * to the output, as qmail-lspawn's children have them; without, the command is run as it stands.
 */
export function shellCall(command: ByteString, variables: Readonly<Record<string, ByteString>>, own: boolean): ShellCall {
  const environment: Record<string, string> = {};
  let script = own ? 'umask 077; exec 2>&1; ' : '';
  for (const [name, value] of Object.entries(variables)) {
    const text = exactText(value);
    if (text !== undefined) environment[name] = text;
    else if (shellName.test(name)) script += `${assignment(name, value)}export ${name}; `;
  }
  const plain = exactText(command);
  if (script === '' && plain !== undefined) return { args: ['-c', plain], environment };
  if (plain !== undefined) return { args: ['-c', `${script}exec /bin/sh -c "$1"`, 'sh', plain], environment };
  // The command itself is not UTF-8: it travels in octal, in a variable that is not exported.
  return { args: ['-c', `${script}${assignment('tqmail_command', command)}exec /bin/sh -c "$tqmail_command"`], environment };
}
