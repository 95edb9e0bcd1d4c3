/**
 * The databases of the queue's one LMDB environment and their keys. What stands in the values
 * is message-record.ts, recipient-records.ts and state-records.ts.
 *
 *   mess   id               → head, envelope and body: written once, removed once
 *   rcpt   [id, block]      → recipients, only of messages with more than one block
 *   info   id               → due times; it exists exactly while the message is preprocessed (S5)
 *   routed [id, block]      → recipients after routing
 *   done   [id, block]      → bitmap of done recipients; block 0 exists when any mark was made
 *   due    [channel, due, id] → nothing (one octet): the schedule of each channel
 *   bounce [id, number]     → a paragraph of the bounce
 *   file   name             → id and size of a message whose body is a file
 *   meta   name             → facts: format, nonce, next (first id that was never handed out), todo
 */
import type { Database, RootDatabase } from 'lmdb';

export type IdDb = Database<Buffer, number>;
export type BlockDb = Database<Buffer, [number, number]>;
export type DueKey = [channel: 0 | 1, due: number, id: number];

export interface Layout {
  readonly root: RootDatabase<Buffer, string>;
  readonly mess: IdDb;
  readonly rcpt: BlockDb;
  readonly info: IdDb;
  readonly routed: BlockDb;
  readonly done: BlockDb;
  readonly due: Database<Buffer, DueKey>;
  readonly bounce: BlockDb;
  readonly file: Database<Buffer, string>;
  readonly meta: Database<Buffer, string>;
}

/** Version of all records and keys; a queue of another version is refused. */
export const formatVersion = '1';

/** Names of the files in the queue folder. */
export const dataFile = 'data.mdb';
export const lockFile = 'lock.mdb';

const databases = ['mess', 'rcpt', 'info', 'routed', 'done', 'due', 'bounce', 'file', 'meta'] as const;

/** Opens every database of `root`, creating what is missing. */
export function openLayout(root: RootDatabase<Buffer, string>): Layout {
  const opened = databases.map((name) => [name, root.openDB({ name, encoding: 'binary', cache: false })]);
  return { root, ...Object.fromEntries(opened) } as Layout;
}

/**
 * A record as it stands in the map's copy: valid only until the next read of any database of this thread,
 * so decode it at once. Saves an allocation a read.
 */
export function peek<K extends Parameters<Database['get']>[0]>(db: Database<Buffer, K>, key: K): Buffer | undefined {
  const bytes = db.getBinaryFast(key);
  return bytes?.subarray(0, bytes.length);
}
