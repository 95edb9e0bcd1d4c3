/**
 * Entry of a mailbox process: started by lspawnd under a user's uid, gets a connection and a Maildir with each message, tells
 * when a session is over, ends when lspawnd lets go of it.
 */
import { Socket } from 'node:net';
import { systemClock } from '../actors/kernel/clock.js';
import { leanConnection } from '../actors/net/take-handle.js';
import { MailboxClient } from '../actors/pop3d/mailbox-client.js';

if (process.getuid?.() === 0) {
  process.stderr.write('mailbox-child: mailboxes are never read as root\n');
  process.exit(1);
}
/** How often lspawnd hears which sessions are not idle: milliseconds. */
const aliveMs = 10_000;

process.umask(0o077);
process.on('SIGHUP', () => undefined);

interface Order {
  readonly maildir?: string;
  readonly id: number;
  /** What the client said already. */
  readonly rest?: string;
}

const sessions = new Map<number, MailboxClient>();

function tell(word: { readonly ready: true } | { readonly over: number } | { readonly alive: readonly number[] }): void {
  if (process.connected) process.send?.(word);
}

/** Sessions in which something moved since the last time. */
function tellAlive(): void {
  const alive: number[] = [];
  for (const [id, client] of sessions) {
    if (client.moved) alive.push(id);
    client.moved = false;
  }
  if (alive.length > 0) tell({ alive });
}

setInterval(tellAlive, aliveMs).unref();

process.on('message', ({ maildir, id, rest = '', end }: Order & { readonly end?: number }, socket: unknown) => {
  if (end !== undefined) sessions.get(end)?.end();
  else if (maildir !== undefined && socket instanceof Socket) {
    const client = new MailboxClient(leanConnection(socket), systemClock, () => {
      sessions.delete(id);
      tell({ over: id });
    });
    sessions.set(id, client);
    void client.begin({ maildir, rest });
  } else tell({ over: id });
});

// Without lspawnd nobody counts the sessions, or ends them.
process.once('disconnect', () => {
  for (const client of sessions.values()) client.end();
});
tell({ ready: true });
