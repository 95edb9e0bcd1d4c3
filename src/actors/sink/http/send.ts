/**
 * Answers of the sink's HTTP side, each with the headers that its kind needs.
 */
import type { ServerResponse } from 'node:http';

/** Headers of every answer. */
export const always = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  // Browsers look up the names behind links before anybody follows them.
  'X-DNS-Prefetch-Control': 'off',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export function send(
  response: ServerResponse,
  code: number,
  type: string,
  body: string | Uint8Array,
  more: Record<string, string> = {},
): void {
  if (response.headersSent) return;
  response.writeHead(code, { ...always, 'Content-Type': type, 'Content-Length': Buffer.byteLength(body), ...more });
  response.end(body);
}

export function sendJson(response: ServerResponse, value: unknown, code = 200): void {
  send(response, code, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`);
}

/** `more` are further fields of the answer. */
export function sendError(response: ServerResponse, code: number, error: string, more: object = {}): void {
  sendJson(response, { error, ...more }, code);
}
