/**
 * A kept message as a file of its own or as a piece of an mbox file, its envelope in lines before it. Text only; nothing is written here.
 */
import { returnPathLine, separatorLine } from '../../protocol/mailbox/added-lines.js';
import { FromQuoting } from '../../protocol/mailbox/mbox.js';
import type { KeptMessage } from './kept.js';

/** Return-Path, a line for each recipient, the message; lines end LF. */
export function asFile({ sender, recipients, bytes }: KeptMessage): Buffer {
  const to = recipients.map((recipient) => `X-Envelope-To: <${recipient.replace(/[\r\n]/g, '_')}>\n`).join('');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').replaceAll('\r\n', '\n');
  return Buffer.from(`${returnPathLine(sender)}${to}${text}`, 'latin1');
}

/** The same with a separator before it, quoted (mboxrd), and an empty line behind it. */
export function asMboxPiece(message: KeptMessage): Buffer {
  const quoting = new FromQuoting();
  const separator = Buffer.from(separatorLine(message.sender, Math.floor(message.at / 1_000)), 'latin1');
  return Buffer.concat([separator, quoting.push(asFile(message)), quoting.end()]);
}
