/**
 * The Date field of predate and datemail: now, in local time.
 */
import { formatLocalDate } from '../../protocol/date.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Call } from '../call.js';
import { localOffset } from './local-time.js';

/** With its line end. */
export function dateField(call: Call): ByteString {
  const now = Math.floor(Date.now() / 1000);
  return `Date: ${formatLocalDate(now, localOffset(now, call.env.get('TZ')))}\n`;
}
