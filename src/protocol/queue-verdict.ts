/**
 * What a queue program's exit code means to its caller (spec queue.md §1.2): `D` or `Z` and a text. Pure.
 */
import type { ByteString } from './mail.js';

const texts: Readonly<Record<number, ByteString>> = {
  11: 'Denvelope address too long for qq (#5.1.3)',
  115: 'Denvelope address too long for qq (#5.1.3)',
  31: 'Dmail server permanently rejected message (#5.3.0)',
  51: 'Zqq out of memory (#4.3.0)',
  52: 'Zqq timeout (#4.3.0)',
  53: 'Zqq write error or disk full (#4.3.0)',
  54: 'Zqq read error (#4.3.0)',
  55: 'Zqq unable to read configuration (#4.3.0)',
  56: 'Zqq trouble making network connection (#4.3.0)',
  61: 'Zqq trouble in home directory (#4.3.0)',
  62: 'Zqq trouble creating files in queue (#4.3.0)',
  63: 'Zqq trouble creating files in queue (#4.3.0)',
  64: 'Zqq trouble creating files in queue (#4.3.0)',
  65: 'Zqq trouble creating files in queue (#4.3.0)',
  66: 'Zqq trouble creating files in queue (#4.3.0)',
  71: 'Zmail server temporarily rejected message (#4.3.0)',
  72: 'Zconnection to mail server timed out (#4.4.1)',
  73: 'Zconnection to mail server rejected (#4.4.1)',
  74: 'Zcommunication with mail server failed (#4.4.2)',
  81: 'Zqq internal bug (#4.3.0)',
  91: 'Zqq internal bug (#4.3.0)',
  120: 'Zunable to exec qq (#4.3.0)',
};
const longestCustom = 255;
/** What a program's own words end with is its line end, not the client's. */
const lineEnds = /[\r\n]+$/;

/** How a queue program ended. `custom` is what it wrote to descriptor 6. */
export interface QueueEnd {
  /** Undefined: a signal killed it. */
  readonly code: number | undefined;
  readonly custom: ByteString;
}

/** Empty: queued. Else `D` (never) or `Z` (not now) and the text. */
export function queueText({ code, custom }: QueueEnd): ByteString {
  if (code === undefined) return 'Zqq crashed (#4.3.0)';
  if (code === 0) return '';
  if (code === 82 && custom.length > 2) return custom.slice(0, longestCustom).replace(lineEnds, '');
  return texts[code] ?? (code >= 11 && code <= 40 ? 'Dqq permanent problem (#5.3.0)' : 'Zqq temporary problem (#4.3.0)');
}
