/**
 * Everything that must be right before the node is started: the home, its settings, the lock, the uid,
 * the sockets. Each failure is one CommandTrouble 111 that names the file or folder and what to do.
 */

import {
  chmodSync,
  existsSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cores } from '../../actors/cores.js';
import { descriptorLimit, leastDescriptors } from '../../actors/kernel/descriptors.js';
import { placement } from '../../actors/topology.js';
import type { Settings } from '../../protocol/settings.js';
import { readSettings } from '../../store/control-dir.js';
import { controlWarnings } from '../../store/control-warnings.js';
import { CommandTrouble, errorCode, reason } from '../complain.js';
import { lockFile, pidsFile, queueFolder, runFolder } from '../home.js';
import { closeLock, openLock, tryLock, waitForLock } from '../lock.js';
import { isAlive, readPids } from '../run/run-files.js';
import { type BoundListener, bindListeners } from './bind.js';
import { chooseIdentity, type Identity, unusable } from './identity.js';
import { notServed } from './served.js';

export interface Prepared {
  readonly settings: Settings;
  /** For the log: what in control/ counts otherwise than it looks. */
  readonly warnings: readonly string[];
  readonly identity: Identity;
  readonly lock: number;
  readonly listeners: readonly BoundListener[];
  /** Descriptors each listener is inherited on: one a front thread, and spares for threads that restart. */
  readonly copies: number;
}

const spares = 8;
/** How long a home whose last server just died may stay locked, in seconds. */
const patience = 30;

export async function prepare(home: string, user: string | undefined, code: string): Promise<Prepared> {
  checkDescriptors();
  const owner = checkHome(home);
  const settings = await usableSettings(home);
  const identity = chooseIdentity(owner, user);
  makeRun(home, identity);
  const lock = await takeLock(home, identity);
  try {
    checkReach(home, identity, code);
    const listeners = bindListeners(settings.listeners);
    return {
      settings,
      warnings: await controlWarnings(home),
      identity,
      lock,
      listeners,
      copies: Math.max(1, placement(settings, cores()).fronts) + spares,
    };
  } catch (error) {
    closeLock(lock);
    throw error;
  }
}

const unreadable = 'unable to read controls';

function checkDescriptors(): void {
  const limit = descriptorLimit();
  if (limit >= leastDescriptors) return;
  const text = `cannot start: ${limit} open files are allowed, a server needs ${leastDescriptors} and one or two more a connection; raise the limit (ulimit -n 20000; LimitNOFILE= in a systemd unit)`;
  throw new CommandTrouble(111, text);
}

function checkHome(home: string): Stats {
  for (const [folder, alert] of [
    [home, 'unable to switch to home directory'],
    [join(home, 'control'), unreadable],
    [queueFolder(home), 'unable to switch to queue directory'],
  ] as const) {
    let found: Stats;
    try {
      found = statSync(folder);
    } catch (error) {
      const text = `cannot start: ${folder}: ${reason(error)}; make a home with: tqmail init ${home} --me FQDN`;
      throw new CommandTrouble(111, text, alert);
    }
    if (!found.isDirectory()) throw new CommandTrouble(111, `cannot start: ${folder} is not a folder`, alert);
  }
  const queue = statSync(queueFolder(home));
  if ((queue.mode & 0o077) !== 0) {
    throw new CommandTrouble(111, `cannot start: ${queueFolder(home)} is open to others; run: chmod 700 ${queueFolder(home)}`);
  }
  checkSettingFiles(home);
  return queue;
}

const sticky = 0o1000;

/** Who can write the settings says who gets mail and what is run: everybody must not. */
function checkSettingFiles(home: string): void {
  const control = join(home, 'control');
  const files = readdirSync(control).map((name) => join(control, name));
  for (const path of [home, control, join(home, 'users'), join(home, 'users/cdb'), ...files]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || (found.mode & 0o002) === 0 || (found.isDirectory() && (found.mode & sticky) !== 0)) continue;
    throw new CommandTrouble(111, `cannot start: ${path} can be written by everybody; run: chmod o-w ${path}`);
  }
}

async function usableSettings(home: string): Promise<Settings> {
  const read = await readSettings(home);
  if ('settings' in read) {
    const text = notServed(read.settings.listeners);
    if (text !== undefined) throw new CommandTrouble(111, `cannot start: ${text}`, unreadable);
    return read.settings;
  }
  const lines = read.problems.map(({ file, line, text }) => `${resolve(home, file)}${line === 0 ? '' : `:${line}`}: ${text}`);
  throw new CommandTrouble(111, `cannot start: ${lines.join('\n')}`, unreadable);
}

/** run/ is 0755, so that everybody reaches run/queue.sock, and belongs to the node, which makes the sockets. */
function makeRun(home: string, identity: Identity): void {
  const run = runFolder(home);
  try {
    const found = lstatSync(run, { throwIfNoEntry: false });
    if (found === undefined) mkdirSync(run);
    // Behind a link another folder would be given away.
    else if (!found.isDirectory()) throw new Error('it is not a folder of its own; remove it');
    if (identity.drops) lchownSync(run, identity.uid, identity.gid);
    if (lstatSync(run).uid === process.geteuid?.() || process.geteuid?.() === 0) chmodSync(run, 0o755);
  } catch (error) {
    throw new CommandTrouble(111, `cannot start: ${run}: ${reason(error)}`);
  }
}

/** A lock that is held while the named parent is dead is a node on its last breath, or a qmail-queue: wait for it. */
async function takeLock(home: string, identity: Identity): Promise<number> {
  const path = lockFile(home);
  let fd: number;
  try {
    fd = openLock(path, true);
    // Only a lock file that was made just now: queue/ belongs to another user, who may have put anything there.
    const { uid, size, nlink } = fstatSync(fd);
    if (identity.drops && uid === 0 && size === 0 && nlink === 1) fchownSync(fd, identity.uid, identity.gid);
  } catch (error) {
    const { uid } = statSync(queueFolder(home));
    const as = uid === 0 ? 'root' : `root or as uid ${uid}, which owns ${queueFolder(home)}`;
    const advice = errorCode(error) === 'EACCES' ? `; start it as ${as}` : '';
    throw new CommandTrouble(111, `cannot start: ${path}: ${reason(error)}${advice}`, 'unable to open mutex');
  }
  if (tryLock(fd)) return fd;
  for (let waited = 0; waited < patience && !serverLives(home); waited++) {
    if (await waitForLock(fd, 1)) return fd;
  }
  closeLock(fd);
  const text = `cannot start: tqmail is already running on ${home} (${path} is locked)`;
  throw new CommandTrouble(111, text, 'qmail-send is already running');
}

function serverLives(home: string): boolean {
  const [parent] = readPids(pidsFile(home));
  return parent !== undefined && isAlive(parent.pid);
}

function checkReach(home: string, identity: Identity, code: string): void {
  const modules = fileURLToPath(new URL('../../../../node_modules', pathToFileURL(code)));
  const text = unusable(identity, [
    { path: process.execPath },
    { path: code },
    ...(existsSync(modules) ? [{ path: modules }] : []),
    { path: home },
    { path: join(home, 'control') },
    { path: queueFolder(home), write: true },
    { path: runFolder(home), write: true },
  ]);
  if (text !== undefined) {
    throw new CommandTrouble(
      111,
      `cannot start as uid ${identity.uid}: ${text}; give it to that uid or choose another with --user`,
    );
  }
}
