/**
 * Makes the folders and files of a home. Never overwrites: what exists stays as it is.
 * Tells, for each thing made, what it is for.
 */
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode } from '../complain.js';
import type { Identity } from '../start/identity.js';

export interface Made {
  readonly path: string;
  readonly why: string;
}

/** Collects what is made below `home`; `identity` gets what the node or a delivery must own. */
export class HomeMaker {
  readonly home: string;
  readonly identity: Identity;
  readonly made: Made[] = [];

  constructor(home: string, identity: Identity) {
    this.home = home;
    this.identity = identity;
  }

  /** `mode` is set exactly, whatever the umask is. */
  folder(path: string, mode: number, why: string, owned = false): void {
    const full = join(this.home, path);
    if (existsSync(full)) return;
    mkdirSync(full, { recursive: true });
    chmodSync(full, mode);
    if (owned) this.#give(full);
    this.made.push({ path, why });
  }

  file(path: string, text: string, why: string, owned = false): void {
    const full = join(this.home, path);
    try {
      writeFileSync(full, text, { flag: 'wx', encoding: 'latin1' });
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return;
      throw error;
    }
    chmodSync(full, 0o644);
    if (owned) this.#give(full);
    this.made.push({ path, why });
  }

  /** A Maildir and its three folders, for deliveries as `identity`. */
  maildir(path: string, why: string): void {
    const before = this.made.length;
    this.folder(path, 0o700, why, true);
    for (const part of ['tmp', 'new', 'cur']) this.folder(join(path, part), 0o700, '', true);
    this.made.splice(before + 1);
  }

  /** Links to the launchers of this copy of tqmail, so that programs find `bin/NAME`. */
  launchers(): void {
    const source = fileURLToPath(new URL('../../../../bin', import.meta.url));
    let count = 0;
    for (const name of readdirSync(source)) {
      const link = join(this.home, 'bin', name);
      if (name.includes('.') || linkThere(link)) continue;
      symlinkSync(join(source, name), link);
      count++;
    }
    if (count > 0)
      this.made.push({ path: 'bin/', why: `links to ${count} commands, for programs that expect ${this.home}/bin/NAME` });
  }

  #give(path: string): void {
    if (this.identity.drops) chownSync(path, this.identity.uid, this.identity.gid);
  }
}

function linkThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The folders that every home has. */
export function makeFolders(maker: HomeMaker): void {
  maker.folder('.', 0o755, 'the home');
  maker.folder('control', 0o755, 'the configuration: one value or list a file');
  maker.folder('users', 0o755, 'who gets mail, beside the accounts of this system');
  maker.folder('alias', 0o755, 'home of the user alias: .qmail-NAME says what happens to mail for NAME', true);
  maker.folder('bin', 0o755, 'the commands');
  maker.folder('queue', 0o700, 'the queue; its owner runs the server', true);
  maker.folder('run', 0o755, 'sockets and process ids of the running server', true);
}
