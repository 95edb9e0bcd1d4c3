/** Lowers the limit on open files of a process that runs. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** False where the machine has no prlimit. */
export const canLimitDescriptors = (): boolean => spawnSync('prlimit', ['--version']).error === undefined;

/** As the owner of the process: another uid, root's included, may lack the right. */
export function setDescriptorLimit(pid: number, most: number): void {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const owner = { uid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1]), gid: Number(/^Gid:\t(\d+)/m.exec(status)?.[1]) };
  const made = spawnSync('prlimit', ['--pid', `${pid}`, `--nofile=${most}:`], {
    encoding: 'utf8',
    cwd: '/',
    ...(process.getuid?.() === 0 ? owner : {}),
  });
  if (made.status !== 0) throw new Error(`prlimit: ${made.error?.message ?? made.stderr}`);
}
