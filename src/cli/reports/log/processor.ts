/**
 * A log folder's processor: reads a closed file (`previous`) and writes what shall stay (`processed`), with a state that
 * goes from one run to the next. Nothing is given up before its successor is safely on disk.
 */
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { finish } from './names.js';

const shell = '/bin/sh';
const done = 0o744;

export interface Processing {
  readonly folder: string;
  readonly command: string;
  readonly keep: number;
}

/** Runs the command once over `previous`; false when it failed and has to be run again. */
export async function processOnce({ folder, command, keep }: Processing): Promise<boolean> {
  const at = (name: string): string => join(folder, name);
  const fds: number[] = [];
  const open = (name: string, flags: string): number => {
    const fd = openSync(at(name), flags, 0o644);
    fds.push(fd);
    return fd;
  };
  try {
    const previous = open('previous', 'r');
    const processed = open('processed', 'w');
    // The first run has no state yet.
    open('state', 'a');
    const state = open('state', 'r');
    const newState = open('newstate', 'w');
    const stdio = [previous, processed, 'inherit', 'ignore', state, newState] as const;
    if (!(await succeeds(command, folder, [...stdio]))) return false;
    fsyncSync(processed);
    fsyncSync(newState);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
  chmodSync(at('processed'), done);
  settle(folder, keep);
  return true;
}

function succeeds(command: string, folder: string, stdio: ('inherit' | 'ignore' | number)[]): Promise<boolean> {
  const child = spawn(shell, ['-c', command], { cwd: folder, stdio });
  return new Promise((settle) => {
    child.once('error', () => settle(false));
    child.once('close', (code) => settle(code === 0));
  });
}

/** A finished `processed` takes the place of `previous`. */
function settle(folder: string, keep: number): void {
  const at = (name: string): string => join(folder, name);
  rmSync(at('previous'), { force: true });
  renameIfThere(at('newstate'), at('state'));
  finish(folder, 'processed', 's', keep);
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}

/** What an interrupted run left; true when `previous` waits to be processed. */
export function recover(folder: string, keep: number): boolean {
  const at = (name: string): string => join(folder, name);
  const status = statSync(at('processed'), { throwIfNoEntry: false });
  if (status !== undefined && (status.mode & 0o100) !== 0) settle(folder, keep);
  rmSync(at('processed'), { force: true });
  rmSync(at('newstate'), { force: true });
  return statSync(at('previous'), { throwIfNoEntry: false }) !== undefined;
}
