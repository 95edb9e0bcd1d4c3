/**
 * What must hold before any instruction is obeyed (spec local.md §2.1), in qmail's order.
 * Every answer is a Stop or nothing; nothing here writes.
 */

import { fromByteString } from '../../protocol/bytes.js';
import { errnoText } from '../../protocol/errno-text.js';
import type { ByteString } from '../../protocol/mail.js';
import type { DotQmail } from '../../store/home-folder.js';
import { headOf, MessageUnreadable, MessageUnseekable, type UnixMessage } from '../../store/unix-message.js';
import type { LocalIo, LocalRequest, Stop } from './request.js';

/** Mode bits by which others could write (conf-patrn). */
const writableMask = 0o002;
const sticky = 0o1000;
const longestHeader = 256 * 1024;

export const defer = (text: ByteString): Stop => ({ exit: 111, text });
const fail = (text: ByteString): Stop => ({ exit: 100, text });

/** The home folder can be entered, is not writable by others and not being edited. */
export async function checkHome(request: LocalRequest, io: LocalIo, warn: (text: ByteString) => void): Promise<Stop | undefined> {
  const home = await io.homes.home(request.home);
  if (home.tag === 'trouble') return defer(`Unable to switch to ${request.home}: ${errnoText(home.code)}. (#4.3.0)`);
  if ((home.mode & writableMask) !== 0) return defer('Uh-oh: home directory is writable. (#4.7.0)');
  if ((home.mode & sticky) !== 0) {
    if (!request.print) return defer('Home directory is sticky: user is editing his .qmail file. (#4.2.1)');
    warn('Warning: home directory is sticky.');
  }
  return undefined;
}

/** Whether `line` (with its LF) is a line of the header. */
function headerHas(head: Buffer, line: Uint8Array): boolean {
  const blank = head[0] === 10 ? 0 : head.indexOf('\n\n');
  const end = blank < 0 ? head.length : blank + 1;
  for (let at = head.indexOf(line); at >= 0 && at + line.length <= end; at = head.indexOf(line, at + 1)) {
    if (at === 0 || head[at - 1] === 10) return true;
  }
  return false;
}

/** The message has not been here before. Looks at the first 256 KiB of its header. */
export async function checkLoop(message: UnixMessage, deliveredTo: ByteString): Promise<Stop | undefined> {
  try {
    const head = await headOf(message, longestHeader);
    const buffer = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
    if (!headerHas(buffer, fromByteString(deliveredTo))) return undefined;
    return fail('This message is looping: it already has my Delivered-To line. (#5.4.6)');
  } catch (error) {
    if (error instanceof MessageUnseekable) return defer('Unable to rewind message. (#4.3.0)');
    if (error instanceof MessageUnreadable) return defer('Unable to read message. (#4.3.0)');
    throw error;
  }
}

/** The .qmail file may be obeyed: it was readable, and only its user or root can have written it; no `uid`, any user. */
export function checkDotQmail(found: DotQmail, dash: ByteString, uid: number | undefined): Stop | undefined {
  if (found.tag === 'trouble') return defer(`Unable to open ${found.name}: ${errnoText(found.code)}. (#4.3.0)`);
  if (found.tag === 'none') return dash === '' ? undefined : fail('Sorry, no mailbox here by that name. (#5.1.1)');
  if ((found.mode & writableMask) !== 0) return defer('Uh-oh: .qmail file is writable. (#4.7.0)');
  if (uid !== undefined && found.owner !== 0 && found.owner !== uid)
    return defer('Uh-oh: .qmail file belongs to another user. (#4.7.0)');
  return undefined;
}
