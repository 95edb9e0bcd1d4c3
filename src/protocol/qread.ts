/**
 * Queue reports in qmail's words (spec admin.md §1, §2), from the texts of a message's queue files. Pure.
 */
import { dateAndTime } from './date.js';
import type { ByteString } from './mail.js';
import { type QueueFileTexts, readChannel, readInfo } from './qmail-queue-files.js';

export interface ReadMessage {
  readonly id: number;
  /** Seconds since 1970. */
  readonly birth: number;
  readonly size: number;
  readonly texts: QueueFileTexts;
}

const printable = (text: ByteString): ByteString => text.replace(/[^\x20-\x7e]/g, '_');

/** Head line and a line a recipient, local ones first. Empty for a message that is not preprocessed. */
export function readLines({ id, birth, size, texts }: ReadMessage): ByteString {
  if (texts.info === undefined) return '';
  const sender = readInfo(texts.info);
  if (!sender.ok) return `warning: trouble with #${id}: ${sender.problem}\n`;
  const bouncing = texts.bounce === undefined ? '' : ' bouncing';
  let lines = `${dateAndTime(birth)} GMT  #${id}  ${size}  <${printable(sender.value)}> ${bouncing}\n`;
  for (const channel of ['local', 'remote'] as const) {
    const read = readChannel(texts[channel] ?? '');
    if (!read.ok) lines += `warning: trouble with #${id}: ${read.problem}\n`;
    else for (const { address, done } of read.value) lines += `${done ? '  done' : ''}\t${channel}\t${printable(address)}\n`;
  }
  return lines;
}

/** `todo` of the `total` messages are not preprocessed. */
export function statLines(total: number, todo: number): ByteString {
  return `messages in queue: ${total}\nmessages in queue but not yet preprocessed: ${todo}\n`;
}
