/**
 * A file system of its own in a file, whose power can be cut: what was not flushed is gone afterwards, as the journal of
 * the real thing has it. Needs root, loop devices and python3 (node has no ioctl).
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, openFolder, soon } from './server-home.js';

export type FileSystem = 'ext4' | 'xfs';

/** Smallest size that mkfs.xfs takes is 300 MiB; the file is sparse. */
const octets = 512 * 1_048_576;
/** Some ten seconds. */
const mostTries = 400;
/** FS_IOC_SHUTDOWN (Linux), and its flag for "the log is not flushed either". */
const cutPower = 'import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))';

function command(name: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(name, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name}: ${error?.message ?? stderr.trim()}`);
}

export class LoopDisk {
  readonly folder: string;
  readonly #image: string;

  private constructor(folder: string, image: string) {
    this.folder = folder;
    this.#image = image;
  }

  /** Makes and mounts it; `ending` takes it away. Throws where that is not possible. */
  static make(ending: Ending, type: FileSystem): LoopDisk {
    const image = join(openFolder(ending), 'image');
    const folder = openFolder(ending);
    writeFileSync(image, '');
    truncateSync(image, octets);
    command(`mkfs.${type}`, '-q', image);
    const disk = new LoopDisk(folder, image);
    disk.#mount();
    ending.after(() => void spawnSync('umount', ['-l', folder]));
    chmodSync(folder, 0o755);
    return disk;
  }

  #mount(): void {
    command('mount', '-o', 'loop', this.#image, this.folder);
  }

  /** All that was written so far is on the disk: what an operator set up long before the power goes. */
  flush(): void {
    command('sync', '-f', this.folder);
  }

  /** From now on nothing reaches the disk. */
  cut(): void {
    command('python3', '-c', cutPower, this.folder);
  }

  /** The power is back: mounted anew, the journal replayed. No process may use it any more. */
  async restore(): Promise<void> {
    await this.#when(() => spawnSync('umount', [this.folder]).status === 0);
    // Another mount namespace may have a copy of the mount: mounted before that is gone, it would be the dead file system again.
    await this.#when(() => spawnSync('losetup', ['-j', this.#image], { encoding: 'utf8' }).stdout === '');
    this.#mount();
  }

  async #when(reached: () => boolean): Promise<void> {
    for (let tries = 0; !reached(); tries += 1) {
      if (tries === mostTries) throw new Error(`${this.folder} stays in use`);
      await soon(25);
    }
  }
}

/** Why there can be no such disk here, or undefined. */
export function noLoopDisk(type: FileSystem): string | undefined {
  if (process.getuid?.() !== 0) return 'not applicable: only root can mount a disk';
  const ends: (() => void | Promise<void>)[] = [];
  try {
    LoopDisk.make({ after: (end) => void ends.push(end) }, type).cut();
    return undefined;
  } catch (error) {
    return `not applicable: ${String(error)}`;
  } finally {
    for (const end of ends.reverse()) void end();
  }
}
