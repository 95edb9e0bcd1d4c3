/**
 * One log folder of multilog (spec companions.md §2.2): `current` while it is written (mode 644), closed files under the
 * moment of their end (mode 744: safely on disk). A folder that takes nothing is tried again until it does: no line is lost.
 */
import { closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type FolderAction, selectedBy } from '../../../protocol/log/script.js';
import { CommandTrouble, errorCode, reason } from '../../complain.js';
import { errorWords } from '../../fatal.js';
import { closeLock, openLock, tryLock } from '../../lock.js';
import { finish } from './names.js';
import { processOnce, recover } from './processor.js';

const unfinished = 0o644;
const done = 0o744;
/** A write that ends a line this near to the limit closes the file, so that lines are rarely cut. */
const nearEnd = 2_000;
/** Octets of a write, but for longer lines. */
const writeBuffer = 512;
const lineFeed = 10;
const againMs = 5_000;

export type Warn = (text: string) => void;

const pause = (): Promise<void> => new Promise((settle) => setTimeout(settle, againMs));

export class LogFolder {
  readonly #path: string;
  readonly #action: FolderAction;
  readonly #warn: Warn;
  readonly #lock: number;
  #fd: number;
  #size = 0;
  #waiting: Uint8Array[] = [];
  /** Octets of each write that multilog would make of what waits; the last one is open. */
  #writes: number[] = [];
  #open = 0;
  #processing: Promise<void> | undefined;

  /** Makes the folder, takes its lock, cleans up what a killed predecessor left. Throws CommandTrouble. */
  constructor(action: FolderAction, warn: Warn) {
    this.#path = Buffer.from(action.path, 'latin1').toString();
    this.#action = action;
    this.#warn = warn;
    this.#lock = lockFolder(this.#path);
    try {
      if (recover(this.#path, action.keep)) this.#process();
      const status = statSync(this.#file('current'), { throwIfNoEntry: false });
      // Without the execute bit nobody knows how much of it reached the disk.
      if (status !== undefined && (status.mode & 0o100) === 0) finish(this.#path, 'current', 'u', action.keep);
      this.#fd = this.#openCurrent();
    } catch (error) {
      throw new CommandTrouble(111, `unable to use directory ${this.#path}: ${reason(error)}`);
    }
  }

  #file(name: string): string {
    return join(this.#path, name);
  }

  /** Appends to what a predecessor closed in peace. */
  #openCurrent(): number {
    const fd = openSync(this.#file('current'), 'a', unfinished);
    fchmodSync(fd, unfinished);
    this.#size = statSync(this.#file('current')).size;
    return fd;
  }

  /**
   * Takes octets of the log; they are written by `flush`. `first`: with them a line begins. multilog fills its buffer with the
   * beginning of a line at once, and octet by octet with the rest.
   */
  add(octets: Uint8Array, first: boolean): void {
    this.#waiting.push(octets);
    const ends = octets[octets.length - 1] === lineFeed ? 1 : 0;
    const atOnce = first ? Math.min(selectedBy, octets.length - ends) : 0;
    if (this.#open + atOnce > writeBuffer) this.endWrite();
    this.#open += atOnce;
    if (this.#open > writeBuffer) this.endWrite();
    for (let left = octets.length - atOnce; left > 0; ) {
      if (this.#open === writeBuffer) this.endWrite();
      const taken = Math.min(left, writeBuffer - this.#open);
      this.#open += taken;
      left -= taken;
    }
  }

  /** No write of multilog goes on from one read of its input to the next. */
  endWrite(): void {
    if (this.#open > 0) this.#writes.push(this.#open);
    this.#open = 0;
  }

  async flush(): Promise<void> {
    this.endWrite();
    const octets = Buffer.concat(this.#waiting);
    const writes = this.#writes;
    this.#waiting = [];
    this.#writes = [];
    let from = 0;
    let at = 0;
    const rotate = async (): Promise<void> => {
      await this.#write(octets.subarray(from, at));
      from = at;
      await this.rotate();
    };
    for (const length of writes) {
      for (const end = at + length; at < end; ) {
        if (this.#size + at - from >= this.#action.size) await rotate();
        at = this.#writeEnd(octets, at, end, this.#size + at - from);
        if (this.#size + at - from >= this.#action.size - nearEnd && octets[at - 1] === lineFeed) await rotate();
      }
    }
    await this.#write(octets.subarray(from));
  }

  /** Where a write ends that begins at `at`: no file exceeds its limit, and near to that the last line end is the end. */
  #writeEnd(octets: Buffer, at: number, end: number, size: number): number {
    const limit = Math.min(end, at + this.#action.size - size);
    const near = size + limit - at >= this.#action.size - nearEnd;
    const lineEnd = near ? octets.subarray(at, limit).lastIndexOf(lineFeed) : -1;
    return lineEnd < 0 ? limit : at + lineEnd + 1;
  }

  async #write(octets: Uint8Array): Promise<void> {
    let left = octets;
    await this.#insist('write to', () => {
      while (left.length > 0) {
        const written = writeSync(this.#fd, left);
        this.#size += written;
        left = left.subarray(written);
      }
    });
  }

  /** Closes `current`, however large it is, and begins a new one. */
  async rotate(): Promise<void> {
    // A processor that is not done yet still needs `previous`.
    await this.#processing;
    await this.#closeCurrent();
    const { processor, keep } = this.#action;
    if (processor === undefined) await this.#insist('rename', () => finish(this.#path, 'current', 's', keep));
    else {
      await this.#insist('rename', () => renameSync(this.#file('current'), this.#file('previous')));
      this.#process();
    }
    await this.#insist('create', () => {
      this.#fd = this.#openCurrent();
    });
  }

  async #closeCurrent(): Promise<void> {
    await this.#insist('write to', () => {
      fsyncSync(this.#fd);
      fchmodSync(this.#fd, done);
    });
    closeSync(this.#fd);
  }

  #process(): void {
    const { processor, keep } = this.#action;
    // Lines that a processor of an earlier call has not seen are kept as they are.
    if (processor === undefined) {
      finish(this.#path, 'previous', 's', keep);
      return;
    }
    const again = async (): Promise<void> => {
      while (!(await processOnce({ folder: this.#path, command: processor, keep }).catch(() => false))) {
        this.#warn(`processor failed in ${this.#path}, will run it again`);
        await pause();
      }
    };
    this.#processing = again();
  }

  /** Tried again until it works: a full disk must not lose lines. */
  async #insist(what: string, act: () => void): Promise<void> {
    for (;;) {
      try {
        act();
        return;
      } catch (error) {
        this.#warn(`unable to ${what} ${this.#file('current')}, pausing: ${reason(error)}`);
        await pause();
      }
    }
  }

  /** Everything on disk and closed in peace. */
  async close(): Promise<void> {
    await this.flush();
    await this.#processing;
    await this.#closeCurrent();
    closeLock(this.#lock);
  }
}

/** Throws CommandTrouble: the folder cannot be made, or another multilog has it. */
function lockFolder(path: string): number {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw new CommandTrouble(111, `unable to open directory ${path}: ${errorWords(error)}`);
  }
  let fd: number;
  try {
    fd = openLock(join(path, 'lock'), true);
  } catch (error) {
    throw new CommandTrouble(111, `unable to open directory ${path}: ${errorWords(error)}`);
  }
  if (!tryLock(fd)) {
    closeLock(fd);
    throw new CommandTrouble(111, `unable to lock directory ${path}: temporary failure`);
  }
  makeState(join(path, 'state'));
  return fd;
}

/** What a processor hands on to its next run; empty before the first. */
function makeState(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o644));
  } catch (error) {
    throw new CommandTrouble(111, `unable to create ${file}: ${reason(error)}`);
  }
}
