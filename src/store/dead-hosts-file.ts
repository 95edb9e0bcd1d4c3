/**
 * The table of hosts that did not answer, as a file that the server and the command qmail-remote share: queue/tcpto
 * (qmail's queue/lock/tcpto; there `lock` is a folder). One line an address: `address count when`. Replaced as a whole;
 * of two changes at the same moment one may be lost, which costs one more attempt at a host that is down.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeadHost } from '../protocol/dead-hosts.js';

/** Lines that are read; DeadHosts keeps no more. */
const mostHosts = 1024;
const longestFile = 65_536;

/** The path of the table below a queue folder. */
export const deadHostsFile = (queueDir: string): string => join(queueDir, 'tcpto');

/** The table of a home, empty when there is none yet. Throws the system's error when it cannot be read. */
export async function readDeadHosts(queueDir: string): Promise<readonly DeadHost[]> {
  try {
    const text = await readFile(deadHostsFile(queueDir), 'latin1');
    return parse(text.slice(0, longestFile));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function parse(text: string): readonly DeadHost[] {
  const hosts: DeadHost[] = [];
  for (const [, address = '', count, when] of text.matchAll(/^([0-9a-f.:]{2,45}) ([0-9]{1,2}) ([0-9]{1,12})$/gm)) {
    if (hosts.length >= mostHosts) break;
    hosts.push({ address, count: Number(count), when: Number(when) });
  }
  return hosts;
}

/** Replaces the table. Throws the system's error. */
export async function writeDeadHosts(queueDir: string, hosts: readonly DeadHost[]): Promise<void> {
  const path = deadHostsFile(queueDir);
  if (hosts.length === 0) return unlink(path).catch(gone);
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  const text = hosts.map(({ address, count, when }) => `${address} ${count} ${when}\n`).join('');
  try {
    // Readable for all who may enter the folder: root may have written it, and the owner of the queue reads it.
    await writeFile(fresh, text, { flag: 'wx', mode: 0o644 });
    await rename(fresh, path);
  } catch (error) {
    await unlink(fresh).catch(() => undefined);
    throw error;
  }
}

function gone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Equal as long as nobody replaced the table. */
export async function deadHostsStamp(queueDir: string): Promise<string> {
  return stat(deadHostsFile(queueDir)).then(
    ({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`,
    () => '',
  );
}
