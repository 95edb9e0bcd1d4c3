/** A stream socket as the client's side of a mailbox session: for a process that has one user's uid. Keeps no times. */
import type { Socket } from 'node:net';
import type { ByteString } from '../../protocol/mail.js';
import type { MailboxWire } from './serve-mailbox.js';

/** `rest`: octets of the client that somebody else read already. */
export function socketWire(socket: Socket, rest?: ByteString): MailboxWire {
  let over = false;
  let before = rest === undefined || rest === '' ? undefined : Buffer.from(rest, 'latin1');
  let wake = (): void => undefined;
  const ended = (): void => {
    over = true;
    wake();
  };
  socket.on('readable', () => wake());
  for (const event of ['end', 'error', 'close']) socket.on(event, ended);
  const read = async (): Promise<Uint8Array | undefined> => {
    if (before !== undefined) {
      const piece = before;
      before = undefined;
      return piece;
    }
    for (;;) {
      const piece = socket.read() as Buffer | null;
      if (piece !== null) return piece;
      if (over) return undefined;
      await new Promise<void>((settle) => {
        wake = settle;
      });
    }
  };
  const write = (octets: string | Uint8Array): Promise<boolean> =>
    new Promise((settle) => {
      socket.write(octets as string, 'latin1', (error) => settle(error === undefined || error === null));
    });
  return { read, write, alone: true };
}
