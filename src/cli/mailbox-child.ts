/**
 * Entry of a mailbox process: started by lspawnd under a user's uid, gets a connection and a Maildir with each message, tells
 * when a session is over, ends when lspawnd lets go of it.
 */
import { Socket } from 'node:net';
import { serveMailbox } from '../actors/pop3d/serve-mailbox.js';
import { socketWire } from '../actors/pop3d/socket-wire.js';

if (process.getuid?.() === 0) {
  process.stderr.write('mailbox-child: mailboxes are never read as root\n');
  process.exit(1);
}
/** Milliseconds in which a client may read its last answer and close. */
const lingerMs = 2_000;
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

interface Session {
  readonly socket: Socket;
  /** Octets read and written when it was last told to be alive. */
  octets: number;
}

const sessions = new Map<number, Session>();

async function serve(maildir: string, socket: Socket, rest: string | undefined): Promise<void> {
  socket.on('error', () => undefined);
  // A client that has sent all its commands still waits for the answers.
  socket.allowHalfOpen = true;
  await serveMailbox(maildir, socketWire(socket, rest), Math.floor(Date.now() / 1000));
  // The last answer goes out first; a client that does not take it is the node's to close.
  await hungUp(socket);
}

/** Closed with octets of the client unread, the connection would be reset and the last answer lost. */
function hungUp(socket: Socket): Promise<void> {
  return new Promise((settle) => {
    const close = (): void => void socket.destroy();
    const late = setTimeout(close, lingerMs);
    socket.once('close', () => {
      clearTimeout(late);
      settle();
    });
    if (socket.destroyed) settle();
    socket.removeAllListeners('readable');
    socket.once('end', close).resume().end();
    if (socket.readableEnded) socket.once('finish', close);
  });
}

function tell(word: { readonly ready: true } | { readonly over: number } | { readonly alive: readonly number[] }): void {
  if (process.connected) process.send?.(word);
}

/** Sessions in which something moved since the last time. */
function tellAlive(): void {
  const alive: number[] = [];
  for (const [id, session] of sessions) {
    const octets = session.socket.bytesRead + session.socket.bytesWritten;
    if (octets !== session.octets) alive.push(id);
    session.octets = octets;
  }
  if (alive.length > 0) tell({ alive });
}

setInterval(tellAlive, aliveMs).unref();

process.on('message', ({ maildir, id, rest, end }: Order & { readonly end?: number }, socket: unknown) => {
  if (end !== undefined) sessions.get(end)?.socket.destroy();
  else if (maildir !== undefined && socket instanceof Socket) {
    sessions.set(id, { socket, octets: 0 });
    void serve(maildir, socket, rest).finally(() => {
      sessions.delete(id);
      tell({ over: id });
    });
  } else tell({ over: id });
});

// Without lspawnd nobody counts the sessions, or ends them.
process.once('disconnect', () => {
  for (const { socket } of sessions.values()) socket.destroy();
});
tell({ ready: true });
