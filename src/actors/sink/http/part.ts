/**
 * One part of a message as a file to save. Its type is what the message says, so nothing of it may run where it is shown.
 */
import type { ServerResponse } from 'node:http';
import type { KeptMessage } from '../kept.js';
import { attachmentOf, partsOf } from '../received.js';
import { send, sendError } from './send.js';

export function sendPart(response: ServerResponse, message: KeptMessage, number: number): void {
  const part = partsOf(message)[number];
  if (part === undefined) {
    sendError(response, 404, `message ${message.id} has no part ${number}`);
    return;
  }
  const type = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/.test(part.type) ? part.type : 'application/octet-stream';
  const name = attachmentOf(part, number).name || `part-${number}`;
  send(response, 200, type, Buffer.from(part.content(), 'latin1'), {
    'Content-Disposition': `attachment; filename*=UTF-8''${encoded(name)}`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
  });
}

/** RFC 8187 §3.2.1; a name is no path. */
function encoded(name: string): string {
  // Half a character, cut or sent so, is none.
  const last = Buffer.from(name.replace(/[/\\]/g, '_').slice(0, 255), 'utf8').toString();
  return encodeURIComponent(last).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
