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
process.umask(0o077);
process.on('SIGHUP', () => undefined);

async function serve(maildir: string, socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  // A client that has sent all its commands still waits for the answers.
  socket.allowHalfOpen = true;
  await serveMailbox(maildir, socketWire(socket), Math.floor(Date.now() / 1000));
  // The last answer goes out first; a client that does not take it is the node's to close.
  await new Promise<void>((settle) => socket.end(() => settle()));
  socket.destroy();
}

process.on('message', ({ maildir }: { readonly maildir: string }, socket: unknown) => {
  const tell = (): void => void (process.connected && process.send?.({ over: true }));
  if (socket instanceof Socket) void serve(maildir, socket).finally(tell);
  else tell();
});
