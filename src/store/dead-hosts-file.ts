/**
 * The table of hosts that did not answer, as a file that the server and the command qmail-remote share: queue/tcpto
 * (qmail's queue/lock/tcpto; there `lock` is a folder). One line an address: `address count when`. Replaced as a whole;
 * of two changes at the same moment one may be lost, which costs one more attempt at a host that is down.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeadHost } from '../protocol/dead-hosts.js';

/** Lines that are read; DeadHosts keeps no more. */
const mostHosts = 1024;
const longestFile = 65_536;

const tableFile = (queueDir: string): string => join(queueDir, 'tcpto');

/** The table of a queue folder, empty when there is none yet. Throws the system's error when it cannot be read. */
export function readDeadHosts(queueDir: string): readonly DeadHost[] {
  try {
    return parse(readFileSync(tableFile(queueDir), 'latin1').slice(0, longestFile));
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

/** Replaces the table; an empty one is no file. Throws the system's error. */
export function writeDeadHosts(queueDir: string, hosts: readonly DeadHost[]): void {
  const path = tableFile(queueDir);
  if (hosts.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const fresh = `${path}.${randomBytes(6).toString('hex')}`;
  const text = hosts.map(({ address, count, when }) => `${address} ${count} ${when}\n`).join('');
  try {
    // Readable for all who may enter the folder: root may have written it, and the owner of the queue reads it.
    writeFileSync(fresh, text, { flag: 'wx', mode: 0o644 });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** Equal as long as nobody replaced the table. */
export function deadHostsStamp(queueDir: string): string {
  try {
    const found = statSync(tableFile(queueDir), { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`;
  } catch {
    return '';
  }
}
