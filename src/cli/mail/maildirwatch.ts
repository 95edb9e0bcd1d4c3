/**
 * maildirwatch: shows who wrote the new messages of $MAILDIR, on a terminal, again every 30 seconds until it is ended or
 * nobody reads it.
 */
import { open } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { errnoText } from '../../protocol/errno-text.js';
import type { ByteString } from '../../protocol/mail.js';
import { newMailScreen } from '../../protocol/mailbox/new-mail-list.js';
import { MaildirUnreadable, scanMaildir } from '../../store/maildir-scan.js';
import { octetPath } from '../../store/octet-path.js';
import { type Call, put } from '../call.js';
import { Fatal, needed, orFatal, temporary } from '../fatal.js';

const refreshMs = 30_000;
const mostShown = 100;
const headSize = 16_384;

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'maildirwatch', async () => {
    const maildir = needed(call, 'MAILDIR', temporary);
    for (;;) {
      const screen = await screenOf(maildir);
      try {
        put(call, 1, screen);
      } catch {
        return 0;
      }
      await wait(refreshMs);
    }
  });

async function screenOf(maildir: ByteString): Promise<ByteString> {
  try {
    const messages = await scanMaildir(maildir, ['new']);
    const shown = messages.slice(-mostShown).reverse();
    const mails = await Promise.all(shown.map(async ({ name }) => ({ head: await head(`${maildir}/${name}`) })));
    return newMailScreen(mails, messages.length - shown.length);
  } catch (error) {
    if (!(error instanceof MaildirUnreadable)) throw error;
    throw new Fatal(temporary, `unable to scan $MAILDIR/${error.folder}: ${errnoText(error.code)}`);
  }
}

/** Empty for a message that went away meanwhile. */
async function head(path: ByteString): Promise<ByteString> {
  try {
    const file = await open(octetPath(path));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headSize), 0, headSize, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}
