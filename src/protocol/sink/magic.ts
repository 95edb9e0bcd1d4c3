/**
 * Recipients that say what shall happen to them: `450-x@…`, `slow-3s-x@…`, `drop-x@…`, `stall-x@…`, `end-452-x@…`.
 * Reading only.
 */
import type { ByteString } from '../mail.js';
import type { SinkAction, SinkStage } from './rule.js';

export interface Magic {
  readonly stage: SinkStage;
  readonly action: SinkAction;
}

const longestSeconds = 3_600;

/** What an address asks for; undefined for nearly all. `at` is `rcpt` or, for words about the message's end, `end`. */
export function magicOf(recipient: ByteString): Magic | undefined {
  // Nearly every address ends here: cheap.
  const first = recipient.charCodeAt(0) | 32;
  if (first !== 0x34 && first !== 0x35 && first !== 0x73 && first !== 0x64 && first !== 0x65) return undefined;
  const found =
    /^(?:(end-)?([45]\d\d)-|slow-(\d{1,6})(ms|s)-|(drop|stall)-|end-(drop|take-drop|stall)-)/i.exec(recipient) ?? undefined;
  if (found === undefined) return undefined;
  const [, end, code, number, unit, word, endWord] = found;
  if (code !== undefined) {
    const refusal = { code: Number(code), text: `${code} as the address asked` };
    return { stage: end === undefined ? 'rcpt' : 'end', action: { tag: 'refuse', refusal } };
  }
  if (number !== undefined) {
    const ms = Math.min(longestSeconds * 1_000, Number(number) * (unit?.toLowerCase() === 'ms' ? 1 : 1_000));
    return { stage: 'rcpt', action: { tag: 'delay', ms } };
  }
  const tag = (word ?? endWord ?? 'drop').toLowerCase() as 'drop' | 'take-drop' | 'stall';
  return { stage: word === undefined ? 'end' : 'rcpt', action: { tag } };
}
