/**
 * Opens a Maildir for a logged-in POP3 client and leads the session to its end, for a client's side that is asked for octets.
 * One that is told of them (mailbox-client.ts) drives the session itself.
 */
import type { ByteString } from '../../protocol/mail.js';
import { MaildirMailbox } from '../../store/maildir-mailbox.js';
import { type MailboxOutput, MailboxSession } from './mailbox-session.js';

/** The client's side. Both keep their own times; neither throws. */
export interface MailboxWire extends MailboxOutput {
  /** The next octets, valid until the next call; undefined when none will come. */
  read(): Promise<Uint8Array | undefined>;
}

/** The session; a line for the client when there is none. `now` in seconds since 1970. */
export async function openSession(maildir: ByteString, output: MailboxOutput, now: number): Promise<MailboxSession | ByteString> {
  const mailbox = await MaildirMailbox.open(maildir, now).catch(() => undefined);
  if (mailbox === undefined) return '-ERR unable to scan $HOME/Maildir\r\n';
  if (mailbox === 'absent') return '-ERR this user has no $HOME/Maildir\r\n';
  return new MailboxSession(mailbox, output);
}

/** Opens the Maildir, greets, serves. `now` in seconds since 1970. */
export async function serveMailbox(maildir: ByteString, wire: MailboxWire, now: number): Promise<void> {
  const session = await openSession(maildir, wire, now);
  if (typeof session === 'string') await wire.write(session);
  else if (await session.greet()) {
    for (let piece = await wire.read(); piece !== undefined; piece = await wire.read()) {
      if (!(await session.take(piece))) return;
    }
  }
}
