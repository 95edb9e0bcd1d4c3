/**
 * The store opened by a command itself, under the lock of the home, as the owner of queue/: only while
 * no server runs.
 */
import { existsSync, type Stats, statSync } from 'node:fs';
import type { AdoptingStore } from '../../store/adopting-store.js';
import { CommandTrouble, reason } from '../complain.js';
import { lockFile, queueFolder } from '../home.js';
import { closeLock, openLock, tryLock } from '../lock.js';

/** Exit codes of qmail-queue for a home or a queue that cannot be used (spec queue.md §1.1). */
const homeTrouble = 61;
const queueTrouble = 62;

/** The lock is held by somebody else: a server, or another command. */
export class QueueLocked extends CommandTrouble {
  constructor(home: string) {
    super(111, `${lockFile(home)} is locked: a server is starting or stopping there`);
  }
}

/**
 * Takes the lock, opens the store, closes both when `body` is done; meanwhile root acts as the owner of queue/.
 * Throws QueueLocked, or CommandTrouble: 61 for a missing home, 62 for a queue that is missing or not ours.
 */
export async function withStore<T>(home: string, body: (store: AdoptingStore, queueDir: string) => Promise<T>): Promise<T> {
  return withQueueLocked(home, async (folder) => {
    const { openLmdbQueue } = await import('../../store/lmdb/open.js');
    const store = await openLmdbQueue({ dir: folder, ...(await limits(home)) }).catch((error: unknown) => {
      throw new CommandTrouble(queueTrouble, `${folder}: ${reason(error)}`);
    });
    try {
      return await body(store, folder);
    } finally {
      await store.close();
    }
  });
}

/** The same without opening the store: for what works on its files. */
export async function withQueueLocked<T>(home: string, body: (queueDir: string) => Promise<T>): Promise<T> {
  const folder = queueFolder(home);
  const back = becomeOwner(home, folder);
  try {
    const lock = lockQueue(home);
    try {
      return await body(folder);
    } finally {
      closeLock(lock);
    }
  } finally {
    back();
  }
}

/** control/queuebytes and control/queuereserve; faulty ones count as absent here, the server tells about them. */
async function limits(home: string): Promise<{ queuebytes?: number; queuereserve?: number }> {
  const { readControls } = await import('../../store/read-controls.js');
  const { controlInt } = await import('../../protocol/control-files.js');
  const { files } = await readControls(home, ['queuebytes', 'queuereserve']);
  const queuebytes = controlInt(files, 'queuebytes');
  const queuereserve = controlInt(files, 'queuereserve');
  return { ...(queuebytes === undefined ? {} : { queuebytes }), ...(queuereserve === undefined ? {} : { queuereserve }) };
}

/** The way back is the answer. */
function becomeOwner(home: string, folder: string): () => void {
  let owner: Stats;
  try {
    owner = statSync(folder);
  } catch (error) {
    throw new CommandTrouble(existsSync(home) ? queueTrouble : homeTrouble, `${folder}: ${reason(error)}`);
  }
  const uid = process.geteuid?.();
  if (uid === owner.uid) return () => undefined;
  if (uid !== 0) {
    throw new CommandTrouble(
      queueTrouble,
      `${folder}: no server runs; until one does, only root and uid ${owner.uid} can queue mail`,
    );
  }
  const groups = process.getgroups?.() ?? [];
  const gid = process.getegid?.() ?? 0;
  process.setgroups?.([owner.gid]);
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  return () => {
    process.seteuid?.(0);
    process.setegid?.(gid);
    process.setgroups?.(groups);
  };
}

function lockQueue(home: string): number {
  let fd: number;
  try {
    fd = openLock(lockFile(home), true);
  } catch (error) {
    throw new CommandTrouble(queueTrouble, `${lockFile(home)}: ${reason(error)} for uid ${process.geteuid?.()}`);
  }
  if (tryLock(fd)) return fd;
  closeLock(fd);
  throw new QueueLocked(home);
}
