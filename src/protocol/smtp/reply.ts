/**
 * Replies as they go out: code, optional RFC 2034 status code, text, CR LF; several lines where the text has several.
 * Nothing that stands in a text can end a reply early or start another one.
 */
import type { ByteString } from '../mail.js';

/**
 * RFC 2034 code for a reply: the one that qmail wrote at the text's end (`(#5.7.1)`) when its class fits, else
 * `fallback`. RFC 2034 §3: the class must agree with the reply code; 3xx replies carry none (§4).
 */
export function enhancedCode(code: number, text: ByteString, fallback: string | undefined): string {
  const kind = Math.floor(code / 100);
  if (kind !== 2 && kind !== 4 && kind !== 5) return '';
  const found = /\(#([245])\.(\d{1,3}\.\d{1,3})\)$/.exec(text);
  if (found) return `${kind}.${found[2]} `;
  return `${fallback ?? `${kind}.0.0`} `;
}

/**
 * A whole reply. Line ends inside `text` make it a multi-line reply (RFC 5321 §4.2.1), final ones are dropped,
 * other CR and NUL become spaces. `prefix` is repeated on every line.
 */
export function formatReply(code: number, text: ByteString, prefix = ''): ByteString {
  if (!/[\0\r\n]/.test(text)) return `${code} ${prefix}${text}\r\n`;
  const lines = text
    .replace(/[\r\n]+$/, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/[\0\r]/g, ' '));
  const last = lines.pop() ?? '';
  return `${lines.map((line) => `${code}-${prefix}${line}\r\n`).join('')}${code} ${prefix}${last}\r\n`;
}
