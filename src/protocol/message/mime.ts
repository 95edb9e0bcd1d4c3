/**
 * The parts of a message (RFC 2045, RFC 2046) for whoever looks at it: header fields, types, decoded contents.
 * Lenient and bounded; what is no MIME is one plain text.
 */
import type { ByteString } from '../mail.js';
import { base64Octets, quotedOctets } from './transfer-encoding.js';

const deepest = 10;
const mostParts = 200;
const mostFields = 1_000;
const mostContinued = 20;

export interface MimeField {
  readonly name: ByteString;
  /** Unfolded, raw octets. */
  readonly value: ByteString;
}

export interface MimePart {
  readonly fields: readonly MimeField[];
  /** Lower case, as text/plain. */
  readonly type: string;
  /** Lower case; empty when none is named. */
  readonly charset: string;
  /** Raw octets; undefined when it is no attachment. */
  readonly fileName: ByteString | undefined;
  /** Without its brackets; empty when there is none. */
  readonly contentId: ByteString;
  /** The body with its transfer encoding undone. */
  content(): ByteString;
  /** Parts that hold no others, in order. */
  leaves(): readonly MimePart[];
}

/** Lines may end CR LF or LF. */
export function parseMime(message: ByteString): MimePart {
  return partOf(message, 0, { left: mostParts });
}

/** The fields of a message's header alone: cheaper. */
export function parseHeader(message: ByteString): MimeField[] {
  return fieldsOf(split(message).header);
}

function partOf(message: ByteString, depth: number, budget: { left: number }): MimePart {
  const { header, body } = split(message);
  const fields = fieldsOf(header);
  const field = (name: string): ByteString => fields.find((one) => one.name.toLowerCase() === name)?.value ?? '';
  const contentType = field('content-type') || 'text/plain';
  const type = (/^[^\s;]+/.exec(contentType)?.[0] ?? 'text/plain').toLowerCase();
  const encoding = field('content-transfer-encoding').trim().toLowerCase();
  const disposition = field('content-disposition');
  const named = parameter(disposition, 'filename') ?? parameter(contentType, 'name');
  const part: MimePart = {
    fields,
    type,
    charset: (parameter(contentType, 'charset') ?? '').toLowerCase(),
    fileName: named ?? (/^\s*attachment/i.test(disposition) ? '' : undefined),
    contentId: /<([^<>]*)>/.exec(field('content-id'))?.[1] ?? '',
    content: () => (encoding === 'base64' ? base64Octets(body) : encoding === 'quoted-printable' ? quotedOctets(body) : body),
    leaves: () => {
      const boundary = parameter(contentType, 'boundary');
      if (!type.startsWith('multipart/') || boundary === undefined || depth >= deepest) return [part];
      return pieces(body, boundary, budget).flatMap((piece) => partOf(piece, depth + 1, budget).leaves());
    },
  };
  return part;
}

function split(message: ByteString): { readonly header: ByteString; readonly body: ByteString } {
  if (/^\r?\n/.test(message)) return { header: '', body: message.slice(message.indexOf('\n') + 1) };
  const end = /\n\r?\n/.exec(message);
  if (end === null) return { header: message, body: '' };
  return { header: message.slice(0, end.index + 1), body: message.slice(end.index + end[0].length) };
}

function fieldsOf(header: ByteString): MimeField[] {
  const fields: MimeField[] = [];
  for (const line of header.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0 || fields.length >= mostFields) continue;
    fields.push({ name: line.slice(0, colon).trimEnd(), value: line.slice(colon + 1).trim() });
  }
  return fields;
}

/** A parameter's value; of RFC 2231's forms the percent sign and continuations are undone, the octets stay in their character set. */
function parameter(value: ByteString, name: string): ByteString | undefined {
  if (!value.includes(';') || !value.toLowerCase().includes(name)) return undefined;
  const form = (order: string): RegExp =>
    new RegExp(`;\\s*${name}${order}(\\*?)\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i');
  const whole = form('').exec(value);
  if (whole !== null) return parameterValue(whole, true);
  if (!value.includes('*')) return undefined;
  let text = '';
  for (let order = 0; order < mostContinued; order++) {
    const piece = form(`\\*${order}`).exec(value);
    if (piece === null) return order === 0 ? undefined : text;
    text += parameterValue(piece, order === 0);
  }
  return text;
}

/** `first` may name a character set before its octets. */
function parameterValue([, star, quoted, plain = '']: RegExpExecArray, first: boolean): ByteString {
  const text = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
  if (star !== '*') return text;
  return (first ? text.replace(/^[^']*'[^']*'/, '') : text).replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function pieces(body: ByteString, boundary: ByteString, budget: { left: number }): ByteString[] {
  const found: ByteString[] = [];
  let from = -1;
  const text = `\n${body}`;
  const mark = `\n--${boundary}`;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) {
    if (from !== -1 && budget.left-- > 0) found.push(text.slice(from, text[at - 1] === '\r' ? at - 1 : at));
    if (text.startsWith('--', at + mark.length)) return found;
    const lineEnd = text.indexOf('\n', at + mark.length);
    if (lineEnd === -1) return found;
    from = lineEnd + 1;
  }
  if (from !== -1 && budget.left-- > 0) found.push(text.slice(from));
  return found;
}
