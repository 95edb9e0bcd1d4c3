/**
 * May the files that say who gets mail be believed? lspawnd acts as root on behalf of the node. Where
 * the node, or anyone, can write users/cdb or control/defaultdelivery, it could run programs as any
 * user: then only mail for the node's own uid is delivered.
 */
import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const validity = 1000;
const sticky = 0o1000;

function found(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Whether `uid` or everyone could change this file or folder. */
function writable(path: string, uid: number): boolean {
  const stats = found(path);
  if (stats === undefined) return false;
  const open = (stats.mode & 0o002) !== 0 && !(stats.isDirectory() && (stats.mode & sticky) !== 0);
  return open || (uid !== 0 && stats.uid === uid);
}

/** The home and the folders above it. */
function upwards(home: string): string[] {
  const paths = [home];
  for (let path = home; dirname(path) !== path; path = dirname(path)) paths.push(dirname(path));
  return paths;
}

export class Trust {
  readonly #paths: readonly string[];
  readonly #uid: number;
  #until = 0;
  #answer = false;

  /** `uid` is the node's. */
  constructor(home: string, uid: number) {
    const files = [
      'users',
      'users/cdb',
      'users/poppasswd',
      'users/apop',
      'control',
      'control/defaultdelivery',
      'control/checkpassword',
    ];
    this.#paths = [...upwards(home), ...files.map((name) => join(home, name))];
    this.#uid = uid;
  }

  /** True when only root decides who gets mail. Looked at once a second. */
  get complete(): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#answer = !this.#paths.some((path) => writable(path, this.#uid));
      this.#until = now + validity;
    }
    return this.#answer;
  }
}
