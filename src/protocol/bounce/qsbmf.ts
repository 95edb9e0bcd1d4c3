/**
 * The text of a bounce in the qmail-send bounce message format (spec send.md §6.1, §6.2, §6.4):
 * one paragraph a recipient, and what stands around them. Text only; to whom a bounce goes is
 * bounce-for.ts. Lines end LF.
 */
import { quoteLocalPart } from '../address.js';
import type { ByteString } from '../mail.js';

/** Most octets of a report that a bounce keeps, as in qmail-send. */
const maxReport = 10_000;

/**
 * The paragraph of one failed recipient. `address` is the address as its sender knew it
 * (`stripVirtual`), `report` the text after the letter D. Empty lines inside the report are broken by a
 * slash, so that the paragraph ends where its empty line is.
 */
export function bounceParagraph(address: ByteString, report: ByteString): ByteString {
  const kept = report.slice(0, maxReport);
  const body = kept === '' || kept.endsWith('\n') ? kept : `${kept}\n`;
  const text = `<${address.replaceAll('\n', '_')}>:\n${body}`;
  // The last line end closes the paragraph; of the others each that follows a line end becomes a slash.
  return `${text.slice(0, -1).replace(/(?<=\n)\n/g, '/')}\n\n`;
}

export interface BounceText {
  /** True for the bounce of a bounce: other words, same form. */
  readonly double: boolean;
  /** Date of the header field, as the queue writes it in its Received line. */
  readonly date: ByteString;
  readonly bouncefrom: ByteString;
  readonly bouncehost: ByteString;
  /** Who gets the bounce. */
  readonly to: ByteString;
  /** Envelope sender of the original, shown as its Return-Path. */
  readonly sender: ByteString;
  /** Finished paragraphs, one after another. */
  readonly paragraphs: ByteString;
}

/** A local part in a header must not end its line: line ends of an odd address become blanks there. */
function headerLocal(local: ByteString): ByteString {
  return quoteLocalPart(local).replace(/\\?[\r\n]/g, ' ');
}

/** Unlike in SMTP commands a local part without host is quoted too; the empty address stays empty. */
function headerAddress(address: ByteString): ByteString {
  if (address === '') return '';
  const at = address.lastIndexOf('@');
  if (at < 0) return headerLocal(address);
  return headerLocal(address.slice(0, at)) + address.slice(at).replace(/[\r\n]/g, ' ');
}

/** Everything that stands in front of the original message. */
export function bouncePrefix(bounce: BounceText): ByteString {
  const intro = bounce.double
    ? 'I tried to deliver a bounce message to this address, but the bounce bounced!\n'
    : "I'm afraid I wasn't able to deliver your message to the following addresses.\n" +
      "This is a permanent error; I've given up. Sorry it didn't work out.\n";
  const what = bounce.double ? 'the original bounce' : 'a copy of the message';
  return (
    `Date: ${bounce.date}\n` +
    `From: ${headerLocal(bounce.bouncefrom)}@${bounce.bouncehost}\n` +
    `To: ${headerAddress(bounce.to)}\n` +
    'Subject: failure notice\n\n' +
    `Hi. This is the qmail-send program at ${bounce.bouncehost}.\n${intro}\n` +
    `${bounce.paragraphs}--- Below this line is ${what}.\n\n` +
    `Return-Path: <${headerAddress(bounce.sender)}>\n`
  );
}
