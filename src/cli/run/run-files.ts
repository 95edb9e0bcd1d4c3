/**
 * What the parent leaves in run/ for others: the ready file and the list of processes.
 * Each is written aside and renamed, so that nobody reads half of one.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

function replace(path: string, text: string): void {
  const aside = `${path}.${process.pid}.tmp`;
  // run/ belongs to the node's user: what lies there must not lead root elsewhere.
  rmSync(aside, { force: true });
  try {
    writeFileSync(aside, text, { mode: 0o644, flag: 'wx' });
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

export interface ReadyListener {
  readonly protocol: string;
  readonly address: string;
  readonly port: number;
}

/** `pid` is the parent's: signals go to it. */
export function writeReady(path: string, pid: number, listeners: readonly ReadyListener[]): void {
  replace(path, `${JSON.stringify({ pid, listeners })}\n`);
}

export interface ServerProcess {
  readonly role: string;
  readonly pid: number;
}

/** A line a process, `role pid`, the parent first. */
export function writePids(path: string, processes: readonly ServerProcess[]): void {
  replace(path, processes.map(({ role, pid }) => `${role} ${pid}\n`).join(''));
}

/** The processes named in run/pids; empty when there is no such file. */
export function readPids(path: string): readonly ServerProcess[] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const found = /^(\S+) (\d+)$/.exec(line);
    return found?.[1] !== undefined && found[2] !== undefined ? [{ role: found[1], pid: Number(found[2]) }] : [];
  });
}

/** Where it cannot be removed (a read-only disk) it stays, as after a crash. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Whoever reads it looks whether the process is alive.
  }
}

/** True while a process of that id exists, ours or another's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
