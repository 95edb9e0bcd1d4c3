/**
 * A kept message as people and tests look at it: header fields, text, HTML, attachments, decoded.
 * Made when asked for; what is kept stays as it came.
 */

import { decodeWords } from '../../protocol/message/encoded-words.js';
import { type MimePart, parseMime } from '../../protocol/message/mime.js';
import { decodeCharset } from './charset.js';
import type { KeptMessage, SinkProtocol } from './kept.js';

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

export interface Attachment {
  readonly name: string;
  readonly type: string;
  /** Octets when decoded. */
  readonly size: number;
}

/** What a list shows. */
export interface MessageSummary {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly protocol: SinkProtocol;
  readonly client: string;
  /** Of the envelope. */
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Octets as they came. */
  readonly size: number;
}

export interface ReceivedMessage extends MessageSummary {
  readonly helo: string;
  /** Name that the client logged in with (any is taken); empty when it did not. */
  readonly login: string;
  /** In order, unfolded, words of RFC 2047 decoded. */
  readonly headers: readonly HeaderField[];
  /** First text/plain part; empty when there is none. */
  readonly text: string;
  /** First text/html part; empty when there is none. */
  readonly html: string;
  readonly attachments: readonly Attachment[];
  /** Only its first part was kept. */
  readonly cut: boolean;
  readonly transcript: readonly string[];
}

const summaries = new WeakMap<KeptMessage, MessageSummary>();
/** Octets of header that a summary looks at. */
const mostHeader = 65_536;

export function summaryOf(message: KeptMessage): MessageSummary {
  const known = summaries.get(message);
  if (known !== undefined) return known;
  const { fields } = parseMime(latin1(message.bytes.subarray(0, mostHeader)));
  const field = (name: string): string => decoded(fields.find((one) => one.name.toLowerCase() === name)?.value ?? '');
  const summary: MessageSummary = {
    id: message.id,
    at: new Date(message.at).toISOString(),
    protocol: message.protocol,
    client: message.client,
    sender: message.sender,
    recipients: message.recipients,
    from: field('from'),
    to: field('to'),
    subject: field('subject'),
    size: message.size,
  };
  summaries.set(message, summary);
  return summary;
}

export function receivedOf(message: KeptMessage): ReceivedMessage {
  const part = parseMime(latin1(message.bytes));
  const leaves = [...part.leaves()];
  const inline = (type: string): MimePart | undefined => leaves.find((leaf) => leaf.type === type && leaf.fileName === undefined);
  const plain = inline('text/plain');
  const html = inline('text/html');
  const attached = leaves.filter((leaf) => leaf !== plain && leaf !== html);
  return {
    ...summaryOf(message),
    helo: message.helo,
    login: message.login,
    headers: part.fields.map(({ name, value }) => ({ name, value: decoded(value) })),
    text: textOf(plain),
    html: textOf(html),
    attachments: attached.map((leaf) => ({
      name: decoded(leaf.fileName ?? ''),
      type: leaf.type,
      size: leaf.content().length,
    })),
    cut: message.cut,
    transcript: message.transcript,
  };
}

/** What a search looks at: everything of a message as it came, in lower case. */
export function searchText(message: KeptMessage): string {
  const { subject, from, to, sender, recipients } = summaryOf(message);
  return `${subject}\n${from}\n${to}\n${sender}\n${recipients.join('\n')}\n${latin1(message.bytes)}`.toLowerCase();
}

function textOf(part: MimePart | undefined): string {
  return part === undefined ? '' : decodeCharset(Buffer.from(part.content(), 'latin1'), part.charset);
}

function decoded(value: string): string {
  return decodeWords(value, (octets, charset) => decodeCharset(Buffer.from(octets, 'latin1'), charset));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
