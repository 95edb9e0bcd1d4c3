/**
 * The environment that programs of users inherit from the server: a small part of the server's own.
 */
import { join } from 'node:path';
import { inheritedVariables } from '../../protocol/mailbox/environment.js';

/** With the home's own commands first in PATH, as qmail's start scripts set it. */
export function programEnvironment(home: string, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = inheritedVariables(env);
  return { ...kept, QMAILHOME: home, PATH: `${join(home, 'bin')}:${kept.PATH}` };
}
