/**
 * Whether a failed message gets a bounce, a double bounce or none, and what stands in front of the
 * original in it (spec send.md §6.3). The original itself is appended by the caller, byte for byte,
 * so that a large one is never copied here.
 */
import type { ByteString, Envelope } from '../mail.js';
import type { Settings } from '../settings.js';
import { collapseVerp } from '../verp.js';
import { bouncePrefix } from './qsbmf.js';

export type BounceSettings = Pick<Settings, 'bouncefrom' | 'bouncehost' | 'doublebounceto' | 'doublebouncehost'>;

/** The sender of double bounces; a message from it that fails is dropped. */
const doubleBounceSender = '#@[]';

export type Bounce =
  /** Nothing is sent; the log says so. */
  | { readonly kind: 'triple' }
  | {
      readonly kind: 'single' | 'double';
      readonly envelope: Envelope;
      /** Header, words and Return-Path in unix form (LF); the original message follows directly. */
      readonly prefix: ByteString;
    };

/**
 * The bounce of a message whose envelope sender is `sender`. `paragraphs` are its finished
 * `bounceParagraph`s, `date` is the header date of now (`21 Nov 2026 18:36:10 -0000`).
 */
export function bounceFor(sender: ByteString, paragraphs: ByteString, date: ByteString, settings: BounceSettings): Bounce {
  const original = collapseVerp(sender);
  if (original === doubleBounceSender) return { kind: 'triple' };
  const double = original === '';
  const to = double ? `${settings.doublebounceto}@${settings.doublebouncehost}` : original;
  const { bouncefrom, bouncehost } = settings;
  return {
    kind: double ? 'double' : 'single',
    envelope: { sender: double ? doubleBounceSender : '', recipients: [to] },
    prefix: bouncePrefix({ double, date, bouncefrom, bouncehost, to, sender: original, paragraphs }),
  };
}
