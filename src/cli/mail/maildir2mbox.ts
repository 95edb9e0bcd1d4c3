/**
 * maildir2mbox: moves all messages of $MAILDIR to the end of $MAIL, by way of $MAILTMP. A last line without its line
 * end gets one (qmail loses the line).
 */
import { access } from 'node:fs/promises';
import { errnoText } from '../../protocol/errno-text.js';
import { MaildirUnreadable, scanMaildir, sweepMaildir } from '../../store/maildir-scan.js';
import { MergeFailed, mergeIntoMbox } from '../../store/mbox-merge.js';
import { belowHome, octetPath } from '../../store/octet-path.js';
import { NotReplaced } from '../../store/replaced-file.js';
import { type Call, complainTo } from '../call.js';
import { errorWords, Fatal, needed, orFatal, temporary } from '../fatal.js';

const name = 'maildir2mbox';

export const run = (call: Call): Promise<number> =>
  orFatal(call, name, async () => {
    const mail = needed(call, 'MAIL', temporary);
    const spare = needed(call, 'MAILTMP', temporary);
    const named = needed(call, 'MAILDIR', temporary);
    const maildir = belowHome(Buffer.from(process.cwd(), 'utf8').toString('latin1'), named);
    await access(octetPath(`${maildir}/.`)).catch((error: unknown) => {
      throw new Fatal(temporary, `unable to chdir to ${named}: ${errorWords(error)}`);
    });
    await sweepMaildir(maildir, Math.floor(Date.now() / 1000));
    try {
      const messages = await scanMaildir(maildir, ['new', 'cur']);
      if (messages.length === 0) return 0;
      // Relative names begin at the Maildir, as in qmail.
      const paths = { mbox: belowHome(maildir, mail), temporary: belowHome(maildir, spare) };
      const left = await mergeIntoMbox({ maildir, messages, ...paths });
      for (const one of left) {
        complainTo(call, `${name}: warning: unable to unlink $MAILDIR/${one}; the next run puts it into the mailbox again`);
      }
      return 0;
    } catch (error) {
      throw fatal(error, mail, spare);
    }
  });

function fatal(error: unknown, mail: string, spare: string): unknown {
  if (error instanceof MaildirUnreadable) {
    return new Fatal(temporary, `unable to scan $MAILDIR/${error.folder}: ${errnoText(error.code)}`);
  }
  if (error instanceof MergeFailed) {
    return new Fatal(temporary, `unable to ${error.action.replace('mbox', mail)}: ${errnoText(error.code)}`);
  }
  if (!(error instanceof NotReplaced)) return error;
  const what = error.step === 'move' ? `move ${spare} to ${mail}` : `${error.step} ${spare}`;
  return new Fatal(temporary, `unable to ${what}: ${errnoText(error.code)}`);
}
