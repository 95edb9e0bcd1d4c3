/**
 * predate and datemail: a Date field in local time in front of the message, then a program.
 */
import { formatLocalDate } from '../../protocol/date.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { temporary } from '../fatal.js';
import { withFront } from './become.js';
import { localOffset } from './local-time.js';

/** The exit code of the program. */
export function withDate(call: Call, words: readonly ByteString[]): Promise<number> {
  const now = Math.floor(Date.now() / 1000);
  const date = formatLocalDate(now, localOffset(now, call.env.get('TZ')));
  return withFront(call, words, `Date: ${date}\n`, () => temporary);
}
