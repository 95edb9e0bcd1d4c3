/**
 * The two instructions that write a mailbox: mbox and Maildir (spec local.md §5.2, §5.3).
 * Words for what went wrong; the writing itself is the store's.
 */

import { fromByteString } from '../../protocol/bytes.js';
import { errnoText } from '../../protocol/errno-text.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Instruction } from '../../protocol/mailbox/dotqmail.js';
import { temporaryName } from '../../protocol/mailbox/maildir.js';
import { deliverToMaildir, type MaildirOutcome } from '../../store/maildir-dir.js';
import { deliverToMbox } from '../../store/mbox-file.js';
import { belowHome } from '../../store/octet-path.js';
import { defer } from './checks.js';
import type { LocalIo, LocalRequest, Stop } from './request.js';

/** The added lines of this delivery, each with its LF. */
export interface AddedLines {
  readonly separator: ByteString;
  readonly returnPath: ByteString;
  readonly deliveredTo: ByteString;
}

/** qmail's alarm for a Maildir delivery (spec local.md §5.3): a day, in milliseconds. */
const aDay = 86_400_000;

/** The outcome, or `timeout` when there is none in time; what hangs may still be done one day, under the same name. */
function withinLimit(outcome: Promise<MaildirOutcome>, limit: number): Promise<MaildirOutcome | 'timeout'> {
  return new Promise((settle, fail) => {
    const timer = setTimeout(() => settle('timeout'), limit);
    void outcome.then(settle, fail).finally(() => clearTimeout(timer));
  });
}

export async function maildirStep(
  instruction: Instruction,
  request: LocalRequest,
  io: LocalIo,
  lines: AddedLines,
): Promise<Stop | undefined> {
  const name = request.maildirName(instruction.line);
  const delivered = deliverToMaildir({
    folder: belowHome(request.home, instruction.text.replace(/\/+$/, '') || '/'),
    name,
    temporary: temporaryName(io.now(), io.chance(), io.hostname),
    prefix: fromByteString(lines.returnPath + lines.deliveredTo),
    message: request.message,
    repeated: request.repeated,
  });
  switch (await withinLimit(delivered, io.maildirLimit ?? aDay)) {
    case 'done':
      return undefined;
    case 'noFolder':
      return defer('Unable to chdir to maildir. (#4.2.1)');
    case 'unreadable':
      return defer('Unable to read message. (#4.3.0)');
    case 'timeout':
      return defer('Timeout on maildir delivery. (#4.3.0)');
    case 'different':
      return defer(`Another message is in the maildir under my name, ${name}: move it away. (#4.3.0)`);
    case 'trouble':
      return defer('Temporary error on maildir delivery. (#4.3.0)');
  }
}

export async function mboxStep(instruction: Instruction, request: LocalRequest, lines: AddedLines): Promise<Stop | undefined> {
  const outcome = await deliverToMbox({
    path: belowHome(request.home, instruction.text),
    prefix: fromByteString(lines.separator + lines.returnPath + lines.deliveredTo),
    message: request.message,
  });
  switch (outcome.tag) {
    case 'done':
      return undefined;
    case 'open':
      return defer(`Unable to open ${instruction.text}: ${errnoText(outcome.code)}. (#4.2.1)`);
    case 'locked':
      return defer('File has been locked for 30 seconds straight. (#4.3.0)');
    case 'unreadable':
      return defer('Unable to read message. (#4.3.0)');
    case 'write':
      return defer(`Unable to write ${instruction.text}: ${errnoText(outcome.code)}. (#4.3.0)`);
  }
}
