/**
 * What the figures were measured on; stands in every result file and ledger line.
 * Names the hardware and versions only, nothing that identifies the host.
 */
import os from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Disk, diskOf } from './process/disk.js';

export interface Machine extends Partial<Disk> {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Share of all cores' time that was not idle just before the first run, 0 to 1: what else the machine had to do. */
  readonly busyBefore?: number;
}

/** Long enough to find what runs all the time. A load average would tell of the bench before this one. */
const lookMs = 500;
/** Of a share above it the reader is told. */
const mostBusy = 0.1;

/** With the disk below `folder`, and with what is going on at this moment. */
export async function machineNow(folder: string): Promise<Machine> {
  const before = idleAndAll();
  await pause(lookMs);
  const after = idleAndAll();
  const busy = 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
  return { ...thisMachine(), ...diskOf(folder), busyBefore: Math.round(busy * 100) / 100 };
}

/** Milliseconds of all cores since the machine was started. */
function idleAndAll(): { readonly idle: number; readonly all: number } {
  const times = os.cpus().flatMap((cpu) => Object.entries(cpu.times));
  const sum = (some: typeof times): number => some.reduce((total, [, ms]) => total + ms, 0);
  return { idle: sum(times.filter(([name]) => name === 'idle')), all: sum(times) };
}

export function thisMachine(): Machine {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()}`,
    node: process.versions.node,
  };
}

export function machineWords({ cpu, cores, memoryGiB, kernel, node, filesystem, fsyncMs }: Machine): string {
  const disk = filesystem === undefined ? '' : `, queues on ${filesystem}, ${fsyncMs} ms for an fsync of 4 KiB`;
  return `${cores} × ${cpu}, ${memoryGiB} GiB, ${kernel}, Node ${node}${disk}`;
}

/** Empty when the machine had little else to do. */
export function busyWords({ busyBefore = 0 }: Machine): string {
  if (busyBefore <= mostBusy) return '';
  return `the machine had other work: it was ${Math.round(busyBefore * 100)} % busy before the first run`;
}
