/**
 * Which system calls a message's way to the disk is made of, by who makes them, and how each can fail. Data only.
 */

export interface CallFault {
  readonly name: string;
  /** `node` keeps the queue; `deliverer`: the process that delivers as a user. */
  readonly process: 'node' | 'deliverer';
  /** The one that starts the process, or the one that waits for the disk. */
  readonly thread: 'first' | 'disk';
  /** The message has a body that gets a file of its own. */
  readonly large: boolean;
  /** As strace names them. */
  readonly calls: readonly string[];
  /** Part of the path that is meant: the same thread makes such calls on pipes and events too. */
  readonly path: string;
  readonly error: 'ENOSPC' | 'EIO';
}

const content = ['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'ftruncate', 'fallocate'];
const flushes = ['fsync', 'fdatasync', 'sync_file_range', 'msync'];
const names = ['rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat'];

type Kind = Omit<CallFault, 'error'>;
const queue: Omit<Kind, 'name' | 'calls'> = { process: 'node', thread: 'disk', large: true, path: '/home/queue/' };
const mailbox: Omit<Kind, 'name' | 'calls'> = { process: 'deliverer', thread: 'disk', large: false, path: '/Maildir/' };

const kinds: readonly Kind[] = [
  { ...queue, name: "at a write of the queue's records", calls: content, large: false },
  { ...queue, name: 'at a flush of the queue', calls: flushes },
  { ...queue, name: "at a change of the queue's names", calls: names },
  { ...queue, name: 'at a write of a body file', calls: content, path: '/home/queue/body/' },
  { ...mailbox, name: 'at a write of a mailbox', calls: content, thread: 'first' },
  { ...mailbox, name: 'at a write of a large message', calls: content, large: true },
  { ...mailbox, name: 'at a flush of a mailbox', calls: flushes },
  { ...mailbox, name: "at a change of a mailbox's names", calls: names },
];

/** Each kind with a full disk and with a failing one. */
export const callFaults: readonly CallFault[] = kinds.flatMap((kind) =>
  (['ENOSPC', 'EIO'] as const).map((error) => ({ ...kind, error, name: `${error} ${kind.name}` })),
);
