/**
 * The store opened by a command itself, under the lock of the home, as the owner of queue/: only while
 * no server runs.
 */
import { existsSync, type Stats, statSync } from 'node:fs';
import type { AdoptingStore } from '../../store/adopting-store.js';
import { CommandTrouble, reason } from '../complain.js';
import { lockFile, queueFolder } from '../home.js';
import { closeLock, openLock, tryLockMeanwhile } from '../lock.js';

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
  const prepared = async () => ({ ...(await import('../../store/lmdb/open.js')), limits: await limits(home) });
  return lockedWith(home, prepared, async (folder, ready) => {
    const store = await ready.openLmdbQueue({ dir: folder, ...ready.limits }).catch((error: unknown) => {
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
export function withQueueLocked<T>(home: string, body: (queueDir: string) => Promise<T>): Promise<T> {
  return lockedWith(home, () => Promise.resolve(), body);
}

/** `prepare` needs no lock: it loads what `body` needs while another process takes it for us. */
async function lockedWith<T, R>(
  home: string,
  prepare: () => Promise<R>,
  body: (queueDir: string, ready: R) => Promise<T>,
): Promise<T> {
  const folder = queueFolder(home);
  const back = becomeOwner(home, folder);
  try {
    const lock = lockFileOf(home);
    try {
      const locking = tryLockMeanwhile(lock);
      locking.catch(() => undefined);
      const ready = await prepare();
      if (!(await locking)) throw new QueueLocked(home);
      return await body(folder, ready);
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

function lockFileOf(home: string): number {
  try {
    return openLock(lockFile(home), true);
  } catch (error) {
    throw new CommandTrouble(queueTrouble, `${lockFile(home)}: ${reason(error)} for uid ${process.geteuid?.()}`);
  }
}
