/**
 * control/recipients for one session of a command that takes mail: loads what asks, and only when the home has that file.
 */
import type { HereCheck } from '../../../actors/net/here-check.js';
import type { RecipientCheck, RecipientPlace } from '../../../actors/net/recipients.js';
import type { Settings } from '../../../protocol/settings.js';
import { type Call, complainTo } from '../../call.js';

interface Ground {
  readonly settings: Settings;
  readonly place: RecipientPlace;
}

/** Undefined: nobody is asked. Settings that are wrong are told; recipients are taken unchecked then. */
async function groundOf(call: Call, command: string): Promise<Ground | undefined> {
  const { readSettings } = await import('../../../store/control-dir.js');
  const warn = (text: string): void => complainTo(call, `${command}: ${text}`);
  const read = await readSettings(call.home);
  if ('settings' in read) return { settings: read.settings, place: { home: call.home, clock: () => performance.now(), warn } };
  for (const { file, text } of read.problems) warn(`${file}: ${text}; recipients are taken unchecked`);
  return undefined;
}

/** Asked about one recipient after the other. */
export async function recipientCheck(call: Call, command: string): Promise<RecipientCheck | undefined> {
  const [ground, { RecipientCheck: Check }] = await Promise.all([
    groundOf(call, command),
    import('../../../actors/net/recipients.js'),
  ]);
  return ground === undefined ? undefined : Check.of(ground.settings, ground.place);
}

/** Asked about all recipients of a message together. */
export async function hereCheck(call: Call, command: string): Promise<HereCheck | undefined> {
  const [ground, { HereCheck: Check }] = await Promise.all([
    groundOf(call, command),
    import('../../../actors/net/here-check.js'),
  ]);
  return ground === undefined ? undefined : Check.of(ground.settings, ground.place);
}
