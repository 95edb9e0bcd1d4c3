/**
 * Kept messages as one mbox file, oldest first: what is sent to a slow client is looked up when its turn comes, not held for it.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { asMboxPiece } from '../as-file.js';
import type { Desk } from '../desk.js';
import type { SinkMatch } from '../match.js';
import { always } from './send.js';

/** Messages that go meanwhile are left out. */
export async function sendMbox(response: ServerResponse, desk: Desk, match: SinkMatch, gone: AbortSignal): Promise<void> {
  const ids = (await desk.search(match)).map(({ id }) => id);
  response.writeHead(200, {
    ...always,
    'Content-Type': 'application/mbox',
    'Content-Disposition': 'attachment; filename="messages.mbox"',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  });
  for (const id of ids) {
    const message = desk.kept.get(id);
    if (message === undefined || response.write(asMboxPiece(message))) continue;
    await once(response, 'drain', { signal: gone }).catch(() => undefined);
    if (gone.aborted) return;
  }
  response.end();
}
