/**
 * control/recipients for one session of qmail-smtpd: loads what asks, and only when the home has that file.
 */
import type { RecipientCheck } from '../../../actors/net/recipients.js';
import { type Call, complainTo } from '../../call.js';

/** Undefined: nobody is asked. Settings that are wrong are told; recipients are taken unchecked then. */
export async function recipientCheck(call: Call): Promise<RecipientCheck | undefined> {
  const [{ readSettings }, { RecipientCheck: Check }] = await Promise.all([
    import('../../../store/control-dir.js'),
    import('../../../actors/net/recipients.js'),
  ]);
  const warn = (text: string): void => complainTo(call, `qmail-smtpd: ${text}`);
  const read = await readSettings(call.home);
  if ('settings' in read) return Check.of(read.settings, { home: call.home, clock: () => performance.now(), warn });
  for (const { file, text } of read.problems) warn(`${file}: ${text}; recipients are taken unchecked`);
  return undefined;
}
