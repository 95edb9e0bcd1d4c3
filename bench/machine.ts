/**
 * What the figures were measured on; stands in every result file and ledger line.
 * Names the hardware and versions only, nothing that identifies the host.
 */
import os from 'node:os';
import { type Disk, diskOf } from './process/disk.js';

export interface Machine extends Partial<Disk> {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Load average of the last minute before the first run: what else the machine had to do. */
  readonly loadBefore?: number;
}

/** With the disk below `folder` and the load of this moment, where a folder is given. */
export function thisMachine(folder?: string): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    ...(folder === undefined ? {} : { ...diskOf(folder), loadBefore: Math.round((os.loadavg()[0] ?? 0) * 100) / 100 }),
  };
}

export function machineWords({ cpu, cores, memoryGiB, kernel, node, filesystem, fsyncMs }: Machine): string {
  const disk = filesystem === undefined ? '' : `, queues on ${filesystem}, ${fsyncMs} ms for an fsync of 4 KiB`;
  return `${cores} × ${cpu}, ${memoryGiB} GiB, ${kernel}, Node ${node}${disk}`;
}

/** Empty when the machine had little else to do. */
export function busyWords({ cores, loadBefore = 0 }: Machine): string {
  if (loadBefore <= cores / 2) return '';
  return `the machine had other work: load average ${loadBefore} on ${cores} cores before the first run`;
}
