/**
 * The terminals where a user is logged in and wants to hear of mail (`biff y`), and writing to them.
 */
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { logins } from '../protocol/biff.js';
import type { ByteString } from '../protocol/mail.js';

const ownerExecute = 0o100;

export interface TerminalPlaces {
  /** File of logins. */
  readonly utmp: string;
  /** Folder of the terminals. */
  readonly devices: string;
}

export const systemTerminals: TerminalPlaces = { utmp: '/var/run/utmp', devices: '/dev' };

/** Writes the text to each; a terminal that cannot be written to, now or ever, is passed over. Never waits for one. */
export async function writeToTerminals(user: ByteString, uid: number, text: ByteString, places: TerminalPlaces): Promise<void> {
  const utmp = await readFile(places.utmp, 'latin1').catch(() => '');
  const lines = logins(utmp).filter((login) => login.user === user);
  for (const line of new Set(lines.map((login) => login.line))) {
    await write(join(places.devices, line), uid, text).catch(() => undefined);
  }
}

async function write(path: string, uid: number, text: ByteString): Promise<void> {
  const terminal = await open(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const status = await terminal.stat();
    if (status.uid === uid && (status.mode & ownerExecute) !== 0) await terminal.write(Buffer.from(text, 'latin1'));
  } finally {
    await terminal.close();
  }
}
