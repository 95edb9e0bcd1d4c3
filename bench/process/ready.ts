/**
 * Waits for the ready file of a server that was just started. Starts nothing.
 */
import { readFileSync } from 'node:fs';
import { type Child, pause } from './children.js';

const startMs = 60_000;

/** Port of its SMTP listener; rejects with the last words of a server that ended instead. */
export async function readyPort(file: string, server: Child): Promise<number> {
  let ended = false;
  server.ended.then(() => {
    ended = true;
  });
  for (const deadline = Date.now() + startMs; ; await pause(20)) {
    const port = portIn(file);
    if (port !== undefined) return port;
    if (ended || Date.now() > deadline) throw new Error(`the server did not start: ${server.output.stderr.slice(-300)}`);
  }
}

function portIn(file: string): number | undefined {
  try {
    const { listeners } = JSON.parse(readFileSync(file, 'utf8')) as { listeners: { protocol: string; port: number }[] };
    return listeners.find(({ protocol }) => protocol === 'smtp')?.port;
  } catch {
    return undefined;
  }
}
