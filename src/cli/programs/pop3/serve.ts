/** A mailbox session on descriptors 0 and 1 of a call: the times of qmail-pop3d, the driver of the listener. */
import { type MailboxWire, serveMailbox } from '../../../actors/pop3d/serve-mailbox.js';
import type { ByteString } from '../../../protocol/mail.js';
import type { Call } from '../../call.js';
import { wireInput } from '../../wire/input.js';
import { wireOutput } from '../../wire/output.js';

/** A client may be silent, or not read, for so long: milliseconds. */
export const silentMs = 1_200_000;

/** `maildir` undefined: none was named, which the client is told. */
export async function servePop3(call: Call, maildir: ByteString | undefined): Promise<void> {
  const input = wireInput(call.descriptor(0));
  const output = wireOutput(call.descriptor(1));
  const wire: MailboxWire = {
    read: async () => {
      const piece = await input.read(silentMs);
      return typeof piece === 'string' ? undefined : piece;
    },
    write: (octets) => output.write(octets, silentMs),
    alone: true,
  };
  try {
    if (maildir === undefined) await wire.write('-ERR this user has no $HOME/Maildir\r\n');
    else await serveMailbox(maildir, wire, Math.floor(Date.now() / 1000));
  } finally {
    input.close();
    output.close();
  }
}
