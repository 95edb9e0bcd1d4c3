/**
 * The remote hosts that have taken mail, as a file that outlives the server: queue/hosts, a name a line. Without it a start
 * knows nobody. Only a hint: what is wrong with it, or with writing it, costs no mail.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../protocol/mail.js';

/** Names that are read. */
const mostHosts = 1_000;
const longestFile = 300_000;

const hostsFile = (queueDir: string): string => join(queueDir, 'hosts');
const isName = (host: ByteString): boolean => /^[\x21-\x7e]{1,255}$/.test(host);

/** The one used last at the end; none when there is no such file or it cannot be read. */
export function readTakenHosts(queueDir: string): readonly ByteString[] {
  try {
    return readFileSync(hostsFile(queueDir), 'latin1')
      .slice(0, longestFile)
      .split('\n')
      .slice(0, -1)
      .filter(isName)
      .slice(-mostHosts);
  } catch {
    return [];
  }
}

/** Replaces the file; names with blanks or octets beyond ASCII are left out. Throws the system's error. */
export function writeTakenHosts(queueDir: string, hosts: Iterable<ByteString>): void {
  const path = hostsFile(queueDir);
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const text = [...hosts].filter(isName).map((host) => `${host}\n`);
    writeFileSync(fresh, text.join(''), { flag: 'wx', mode: 0o600 });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
