/**
 * Signs of life of the node's main thread, as the parent hears them over the pipe. Looks without a sign are counted, not
 * time, and none while the node is stopped by a signal: a server that was stopped, whole or in part, goes on where it was.
 */
import { readFileSync } from 'node:fs';
import { mostLooks } from '../../actors/kernel/pulse.js';

/** Milliseconds between two looks. */
const lookMs = 1_000;
/** A node that starts reads settings and opens the queue: it gets so many times as many looks until it is ready. */
const startFactor = 10;

export class NodePulse {
  #missed = 0;
  #ready = false;

  /** Another node: nothing is known of it yet. */
  begin(): void {
    this.#missed = 0;
    this.#ready = false;
  }

  ready(): void {
    this.#ready = true;
    this.#missed = 0;
  }

  heard(): void {
    this.#missed = 0;
  }

  /** One look; true when the node gave no sign for too many of them. It counts anew after that. */
  look(stopped: boolean, most: number = mostLooks()): boolean {
    if (stopped) return false;
    this.#missed += 1;
    if (this.#missed <= (this.#ready ? most : most * startFactor)) return false;
    this.#missed = 0;
    return true;
  }
}

/** Looks at the node again and again; `stalled` gets the pid of one that stands still. Keeps no process alive. */
export function watchNode(pulse: NodePulse, pid: () => number | undefined, stalled: () => void): void {
  setInterval(() => {
    const node = pid();
    if (node !== undefined && pulse.look(isStopped(node))) stalled();
  }, lookMs).unref();
}

/** True while a signal (SIGSTOP, a debugger) holds the process; false where the system does not tell. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return /^\) [Tt]/.test(stat.slice(stat.lastIndexOf(')')));
  } catch {
    return false;
  }
}
