/**
 * What a delivery thread of the remote channel starts with: one resolver a list of name servers, and sessions that
 * share it. Knows nothing of pools and ports between threads.
 */
import type { SessionStart } from '../spawn/remote-slots.js';
import type { RemoteThread } from './connect.js';
import { ProgramSession } from './program-session.js';
import { RemoteSession } from './session.js';
import { nameServersOf, newThread } from './thread.js';

let shared: { readonly key: string; readonly thread: RemoteThread } | undefined;

/**
 * A session for one target on this thread; see thread.ts for the variables of the environment that count. With $QMAILREMOTE
 * that program delivers, and knows its own way.
 */
export function createRemoteSession({ target, settings, skip }: SessionStart): RemoteSession | ProgramSession {
  const program = process.env.QMAILREMOTE ?? '';
  if (program !== '') return new ProgramSession(program);
  const greet = settings.remotegreet === 'helo' ? 'helo' : 'ehlo';
  return new RemoteSession({ target, settings, skip }, threadFor(settings.nameservers, greet));
}

/** The resolver keeps answers, so it lives as long as the settings say the same. */
function threadFor(configured: readonly string[], greet: 'ehlo' | 'helo'): RemoteThread {
  const nameservers = nameServersOf(configured, process.env);
  const key = `${greet} ${nameservers.join(' ')}`;
  if (shared?.key !== key) shared = { key, thread: newThread(nameservers, greet, process.env) };
  return shared.thread;
}
