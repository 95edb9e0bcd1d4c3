/**
 * Which queued messages somebody means: by number, sender, recipient and age. Pure. Patterns are whole addresses with stars, in any
 * case; `@host` is short for `*@host`, `<>` the null sender.
 */
import { lowerCaseAscii } from './bytes.js';
import type { ByteString } from './mail.js';

/** All that are given must hold. */
export interface QueueChoice {
  readonly ids?: ReadonlySet<number> | undefined;
  readonly from?: ByteString | undefined;
  readonly to?: ByteString | undefined;
  /** Born at this time or before, seconds since 1970. */
  readonly bornBy?: number | undefined;
}

export interface ChoosableMessage {
  readonly head: { readonly id: number; readonly birth: number; readonly sender: ByteString };
  readonly recipients: readonly ChoosableRecipient[];
}
interface ChoosableRecipient {
  readonly address: ByteString;
  readonly routed?: { readonly address: ByteString };
  readonly done: boolean;
}

/** `whole`: and none of its recipients that are left is anybody else's. */
export type Chosen = 'no' | 'partly' | 'whole';

/** A function of one message; patterns are made ready once. */
export function compileChoice({ ids, from, to, bornBy }: QueueChoice): (message: ChoosableMessage) => Chosen {
  const isFrom = from === undefined ? undefined : addressPattern(from === '<>' ? '' : from);
  const isTo = to === undefined ? undefined : addressPattern(to);
  return ({ head, recipients }) => {
    if (ids !== undefined && !ids.has(head.id)) return 'no';
    if (bornBy !== undefined && head.birth > bornBy) return 'no';
    if (isFrom !== undefined && !isFrom(head.sender)) return 'no';
    if (isTo === undefined) return 'whole';
    const left = recipients.filter(({ done }) => !done);
    const meant = left.filter(({ address, routed }) => isTo(address) || (routed !== undefined && isTo(routed.address)));
    if (meant.length === 0) return 'no';
    return meant.length === left.length ? 'whole' : 'partly';
  };
}

/** Each star stands for any text; tried from the left, never back, so that time grows with the address alone. */
function addressPattern(pattern: ByteString): (address: ByteString) => boolean {
  const whole = lowerCaseAscii(pattern.startsWith('@') ? `*${pattern}` : pattern);
  const [first = '', ...rest] = whole.split('*');
  const last = rest.pop();
  return (address) => {
    const text = lowerCaseAscii(address);
    if (last === undefined) return text === first;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of `90`, `30m`, `12h`, `7d`; undefined for anything else. */
export function parseAge(text: string): number | undefined {
  const found = /^(\d{1,9})([smhd]?)$/.exec(text);
  return found === null ? undefined : Number(found[1]) * (units[found[2] || 's'] ?? 1);
}

/** An age in the largest unit that is there twice: `90 min`, `3 h`. */
export function ageText(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** A try that is planned for later than this many seconds from now is none: the message is held. */
const heldSeconds = 5 * 365 * 86_400;

export function isHeld(due: { readonly local?: number; readonly remote?: number } | undefined, now: number): boolean {
  const times = [due?.local, due?.remote].filter((time) => time !== undefined);
  return times.length > 0 && times.every((time) => time - now > heldSeconds);
}
