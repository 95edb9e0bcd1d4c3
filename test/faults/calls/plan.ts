/**
 * Which system calls a message's way to the disk is made of, by who makes them, and how each can fail. Data only.
 */

export interface CallFault {
  readonly name: string;
  /** `node` keeps the queue; `deliverer`: the process that delivers as a user. */
  readonly process: 'node' | 'deliverer';
  /** The one that starts the process, the one that waits for the disk, or all: calls are counted for each thread. */
  readonly thread: 'first' | 'disk' | 'all';
  /** The message has a body that gets a file of its own. */
  readonly large: boolean;
  /** As strace names them. */
  readonly calls: string;
  readonly error: 'ENOSPC' | 'EIO';
  /** Part of the path that is meant, where the same thread makes such calls on pipes and events too. */
  readonly path?: string;
}

const records = 'pwrite64,pwritev,pwritev2,ftruncate,fallocate';
const flushes = 'fsync,fdatasync,sync_file_range,msync';
const names = 'rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat';
const content = 'write,writev,pwrite64,pwritev';

const kinds: readonly Omit<CallFault, 'error'>[] = [
  { name: "at a write of the queue's records", process: 'node', thread: 'all', large: false, calls: records },
  { name: 'at a flush of the queue', process: 'node', thread: 'all', large: true, calls: flushes },
  { name: "at a change of the queue's names", process: 'node', thread: 'all', large: true, calls: names },
  { name: 'at a write of a body file', process: 'node', thread: 'disk', large: true, calls: content, path: '/queue/body/' },
  { name: 'at a write of a mailbox', process: 'deliverer', thread: 'first', large: false, calls: content, path: '/Maildir/' },
  { name: 'at a write of a large message', process: 'deliverer', thread: 'disk', large: true, calls: content, path: '/Maildir/' },
  { name: 'at a flush of a mailbox', process: 'deliverer', thread: 'all', large: false, calls: flushes },
  { name: "at a change of a mailbox's names", process: 'deliverer', thread: 'all', large: false, calls: names },
];

/** Each kind with a full disk and with a failing one. */
export const callFaults: readonly CallFault[] = kinds.flatMap((kind) =>
  (['ENOSPC', 'EIO'] as const).map((error) => ({ ...kind, error, name: `${error} ${kind.name}` })),
);
