/**
 * CPU time and memory of a whole process tree, read from Linux /proc.
 * Only reads; it must stay cheap, because it runs while a server is being measured.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/PID/stat; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface TreeProcess {
  readonly parent: number;
  /** Start time in ticks since boot: tells a process from a later one with the same pid. */
  readonly started: number;
}

interface ProcessStat extends TreeProcess {
  /** Ended, but not yet waited for by its parent. */
  readonly zombie: boolean;
  /** User and system ticks, those of waited-for children included. */
  readonly ticks: number;
  /** The part of `ticks` that is those of waited-for children. */
  readonly waitedFor: number;
}

/** One line of /proc/PID/stat; undefined when the process is gone. */
function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The command name stands in parentheses and may hold blanks, so fields are counted from the last one (proc(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number): number => Number(fields[index] ?? 0);
  return {
    zombie: fields[0] === 'Z',
    parent: field(1),
    ticks: field(11) + field(12) + field(13) + field(14),
    waitedFor: field(13) + field(14),
    started: field(19),
  };
}

function everyProcess(): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat !== undefined) all.set(pid, stat);
  }
  return all;
}

/** The processes below and including `roots` that live now, by pid. */
export function processTree(roots: readonly number[]): Map<number, TreeProcess> {
  return treeStats(roots);
}

function treeStats(roots: readonly number[]): Map<number, ProcessStat> {
  const all = everyProcess();
  const below = new Map<number, number[]>();
  for (const [pid, stat] of all) {
    const siblings = below.get(stat.parent);
    if (siblings === undefined) below.set(stat.parent, [pid]);
    else siblings.push(pid);
  }
  const found = new Map<number, ProcessStat>();
  const open = [...roots];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    const stat = all.get(pid);
    if (stat === undefined || found.has(pid)) continue;
    found.set(pid, stat);
    open.push(...(below.get(pid) ?? []));
  }
  return found;
}

/** User + system seconds used so far by the tree and by the children it has waited for; steps of 0.01 s. */
export function cpuSeconds(roots: readonly number[]): number {
  let ticks = 0;
  for (const stat of treeStats(roots).values()) ticks += stat.ticks;
  return ticks / ticksPerSecond;
}

/** User + system seconds of the children of this process that have ended and were waited for, and of theirs. */
export function endedChildrenCpuSeconds(): number {
  return (readStat(process.pid)?.waitedFor ?? 0) / ticksPerSecond;
}

/** Summed proportional set size of the tree now, in MiB; processes of other users count 0 unless we are root. */
export function pssMiB(roots: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of treeStats(roots).keys()) {
    try {
      const found = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
      kibibytes += Number(found?.[1] ?? 0);
    } catch {
      // Gone, or not ours to look at.
    }
  }
  return kibibytes / 1024;
}

/** True while the process that had this pid and start time still runs. */
export function isAlive(pid: number, started: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.started === started && !stat.zombie;
}
