/**
 * A home for tests that run a whole server: one local user, one remote next hop, one listener that keeps its port.
 * Starts no server.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../bench/process/port.js';
import { initHome } from '../../src/cli/init/init.js';

/** Local part and domains of the mail that such a home takes. */
export const localRecipient = 'demo@mail.example.org';
export const remoteRecipient = 'box@dest.test';

/** Whoever ends what was started: a TestContext, or a program's own list. */
export interface Ending {
  after(end: () => void | Promise<void>): void;
}

export interface MailHome {
  readonly path: string;
  readonly port: number;
  readonly maildir: string;
}

/** Ends in the reverse order of what was started: a server before its home. node:test keeps the order as it is. */
export function backwards(t: Ending): Ending {
  const ends: (() => void | Promise<void>)[] = [];
  t.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => void ends.push(end) };
}

/** A folder that every uid can enter, removed at the end. */
export function openFolder(ending: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-fault-'));
  chmodSync(folder, 0o755);
  ending.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/**
 * A home in `folder` whose only listener keeps its port over restarts; mail for dest.test goes to `nextHop` on 127.0.0.1.
 * `control` adds files or replaces them.
 */
export async function makeMailHome(folder: string, nextHop: number, control: Record<string, string> = {}): Promise<MailHome> {
  const path = join(folder, 'home');
  await initHome({ home: path, me: 'mail.example.org', base: 2500, demo: true, extra: [] });
  const port = await freePort();
  const files = {
    listeners: `smtp 127.0.0.1:${port}`,
    rcpthosts: 'mail.example.org\ndest.test',
    smtproutes: `:[127.0.0.1]:${nextHop}`,
    ...control,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, 'control', name), `${text}\n`);
  return { path, port, maildir: join(path, 'demo/Maildir') };
}

/**
 * Resolves with the first line that a server on this port sends, trying again until somebody listens; rejects after
 * `limitMs`, or when it is known that nobody will.
 */
export async function banner(port: number, limitMs = 30_000, inVain?: () => boolean): Promise<string> {
  for (const end = Date.now() + limitMs; ; ) {
    const line = await firstLine(port).catch(() => undefined);
    if (line !== undefined) return line;
    if (Date.now() > end || inVain?.()) throw new Error(`no banner on port ${port} within ${limitMs / 1000} s`);
  }
}

function firstLine(port: number): Promise<string | undefined> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', (chunk) => {
      settle(chunk.toString('latin1').split('\r\n', 1)[0]);
      socket.end('QUIT\r\n');
    });
    // A refused connection is tried again without a busy loop.
    socket.once('error', () => setTimeout(() => settle(undefined), 5));
    socket.once('end', () => settle(undefined));
  });
}

/** A moment for something that tells nobody when it happens. */
export function soon(ms = 10): Promise<void> {
  return new Promise((settle) => setTimeout(settle, ms));
}

/** Waits until `met` is true; rejects with `what` after `limitMs`. */
export async function until(what: string, limitMs: number, met: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + limitMs; !(await met()); await soon(20)) {
    if (Date.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
  }
}
