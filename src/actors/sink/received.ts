/**
 * A kept message as people and tests look at it: header fields, text, HTML, attachments, decoded.
 * Made when asked for; what is kept stays as it came.
 */

import { decodeWords } from '../../protocol/message/encoded-words.js';
import { linksOf } from '../../protocol/message/links.js';
import { type MimePart, parseHeader, parseMime } from '../../protocol/message/mime.js';
import { decodeCharset, readable } from './charset.js';
import type { KeptMessage, SinkProtocol } from './kept.js';

export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

export interface Attachment {
  /** Number of the part within the message, for its octets. */
  readonly part: number;
  readonly name: string;
  readonly type: string;
  /** Octets when decoded. */
  readonly size: number;
  /** By which HTML speaks of it (`cid:`), without its brackets; empty when it has none. */
  readonly contentId: string;
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
  /** Addresses (http and https) in the text and behind the links of the HTML, each once. */
  readonly links: readonly string[];
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
  const fields = parseHeader(latin1(message.bytes.subarray(0, mostHeader)));
  const field = (name: string): string => decoded(fields.find((one) => one.name.toLowerCase() === name)?.value ?? '');
  const summary: MessageSummary = {
    id: message.id,
    at: new Date(message.at).toISOString(),
    protocol: message.protocol,
    client: message.client,
    sender: readable(message.sender),
    recipients: message.recipients.map(readable),
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
  const { plain, html } = texts(leaves);
  const [text, markup] = [textOf(plain), textOf(html)];
  return {
    ...summaryOf(message),
    helo: readable(message.helo),
    login: readable(message.login),
    headers: part.fields.map(({ name, value }) => ({ name, value: decoded(value) })),
    text,
    html: markup,
    links: linksOf(text, markup),
    attachments: leaves.flatMap((leaf, index) => (leaf === plain || leaf === html ? [] : [attachmentOf(leaf, index)])),
    cut: message.cut,
    transcript: message.transcript.map(readable),
  };
}

/** The parts that hold no others, in order: an attachment's number is its place here. */
export function partsOf(message: KeptMessage): readonly MimePart[] {
  return parseMime(latin1(message.bytes)).leaves();
}

export function attachmentOf(leaf: MimePart, part: number): Attachment {
  const { type, contentId } = leaf;
  return { part, name: decoded(leaf.fileName ?? ''), type, size: leaf.content().length, contentId };
}

/** Whether something is found anywhere in a message: as it came, in its header, or in its texts when decoded. */
export function holdsText(message: KeptMessage, isIn: (text: string) => boolean): boolean {
  const { subject, from, to, sender, recipients } = summaryOf(message);
  if ([subject, from, to, sender, ...recipients].some(isIn)) return true;
  const raw = latin1(message.bytes);
  if (isIn(raw)) return true;
  if (!/[\x80-\xff]|^content-transfer-encoding: *(?:base64|quoted)/im.test(raw)) return false;
  const leaves = parseMime(raw).leaves();
  const { plain, html } = texts(leaves);
  return leaves.some((leaf) => isIn(decoded(leaf.fileName ?? ''))) || [plain, html].some((leaf) => isIn(textOf(leaf)));
}

/** The two parts that are the message's text. */
function texts(leaves: readonly MimePart[]): Record<'plain' | 'html', MimePart | undefined> {
  const inline = (type: string): MimePart | undefined => leaves.find((leaf) => leaf.type === type && leaf.fileName === undefined);
  return { plain: inline('text/plain'), html: inline('text/html') };
}

function textOf(part: MimePart | undefined): string {
  return part === undefined ? '' : decodeCharset(Buffer.from(part.content(), 'latin1'), part.charset);
}

function decoded(value: string): string {
  return decodeWords(value, (octets, charset) =>
    charset === '' ? readable(octets) : decodeCharset(Buffer.from(octets, 'latin1'), charset),
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
