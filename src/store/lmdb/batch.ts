/**
 * One batch of changes while it is put together: the writes so far, and what they make of the
 * messages they touch. Nothing reaches LMDB before `emit`; a change that throws leaves no trace
 * as long as it looks at everything before it writes anything.
 */
import type { Database } from 'lmdb';
import type { Channel } from '../../protocol/mail.js';
import type { MessageId } from '../queue-store.js';
import { reasonOf } from '../queue-unusable.js';
import { type BlockDb, type DueKey, type Layout, peek } from './layout.js';
import { decodeMessage, type MessageRecord } from './message-record.js';
import { type DoneBlock, decodeDone, emptyDone, encodeDone } from './recipient-records.js';
import { isSealed, type SealedKind } from './seal.js';
import { type DueTimes, decodeState, encodeState } from './state-records.js';

type Key = string | number | [number, number] | DueKey;
interface Write {
  readonly db: Database<Buffer, Key>;
  readonly key: Key;
  /** Absent: remove. */
  readonly value: Buffer | undefined;
}

/** Thrown while a change is put together when a record it needs is damaged: the change is dropped, the message stays. */
export class DamagedRecord extends Error {
  readonly id: MessageId;
  constructor(id: MessageId, text: string) {
    super(text);
    this.id = id;
  }
}

/** What a batch knows of one message, read at first use and changed by the batch. */
interface Touched {
  head?: MessageRecord | undefined;
  due?: DueTimes | undefined;
  dueChanged?: boolean;
  done?: Map<number, DoneBlock>;
  doneChanged?: Set<number>;
}

/** What a batch changes in the queue's figures, once it is flushed. */
export interface Tally {
  messages: number;
  preprocessed: number;
  /** Octets of records and body files. */
  octets: number;
  /** Highest id that the batch gave to a message; 0: none. */
  lastId: MessageId;
}

const nothing = Buffer.from([0]);

export class Batch {
  readonly layout: Layout;
  readonly tally: Tally = { messages: 0, preprocessed: 0, octets: 0, lastId: 0 };
  readonly #writes: Write[] = [];
  readonly #touched = new Map<MessageId, Touched>();

  constructor(layout: Layout) {
    this.layout = layout;
  }

  put<K extends Key>(db: Database<Buffer, K>, key: K, value: Buffer): void {
    this.#writes.push({ db: db as unknown as Database<Buffer, Key>, key, value });
  }
  remove<K extends Key>(db: Database<Buffer, K>, key: K): void {
    this.#writes.push({ db: db as unknown as Database<Buffer, Key>, key, value: undefined });
  }

  /** The head of a queued message; undefined when it is not queued (any more). */
  head(id: MessageId): MessageRecord | undefined {
    const touched = this.#touch(id);
    if (!('head' in touched)) {
      const record = lookAt(this.layout.mess, id, id);
      touched.head = record === undefined ? undefined : decodeMessage(record, id);
      if (record !== undefined && touched.head === undefined) throw new DamagedRecord(id, 'head fails its checksum');
    }
    return touched.head;
  }

  /** A message that this batch adds: it may be changed further at once. */
  added(id: MessageId, record: Buffer): void {
    const touched = this.#touch(id);
    touched.head = decodeMessage(record, id);
    touched.due = undefined;
    touched.done = new Map();
  }

  /** Due times of a preprocessed message, undefined when it is not preprocessed. */
  dueTimes(id: MessageId): Readonly<DueTimes> | undefined {
    const touched = this.#touch(id);
    if (!('due' in touched)) {
      const record = lookAt(this.layout.info, id, id);
      if (record !== undefined) this.#mustBeSealed(record, 'state', id, 0);
      touched.due = record === undefined ? undefined : decodeState(record);
    }
    return touched.due;
  }

  /** Sets one channel's time in record and schedule. `dueTimes` must have been asked before. */
  setDue(id: MessageId, channel: Channel, due: number | undefined): void {
    const touched = this.#touch(id);
    touched.due ??= { local: undefined, remote: undefined };
    const before = touched.due[channel];
    const place = channel === 'local' ? 0 : 1;
    if (before !== undefined) this.remove(this.layout.due, [place, before, id]);
    if (due !== undefined) this.put(this.layout.due, [place, due, id], nothing);
    touched.due[channel] = due;
    touched.dueChanged = true;
  }

  /** Done recipients of one block; undefined when none was ever marked (of the whole message, for block 0). */
  done(id: MessageId, block: number): Readonly<DoneBlock> | undefined {
    const touched = this.#touch(id);
    touched.done ??= new Map();
    const known = touched.done.get(block);
    if (known !== undefined) return known;
    const record = lookAt(this.layout.done, [id, block], id);
    if (record === undefined) return undefined;
    this.#mustBeSealed(record, 'done', id, block);
    const found = decodeDone(record);
    touched.done.set(block, found);
    return found;
  }

  /** The same, to be changed. */
  changeDone(id: MessageId, block: number): DoneBlock {
    const touched = this.#touch(id);
    const found = (this.done(id, block) as DoneBlock | undefined) ?? emptyDone();
    touched.done?.set(block, found);
    touched.doneChanged ??= new Set();
    touched.doneChanged.add(block);
    return found;
  }

  /** Forgets all changes of a message that the batch removes: its records are removed by the caller. */
  gone(id: MessageId): void {
    this.#touched.set(id, { head: undefined, due: undefined, done: new Map() });
  }

  /** Hands every write to LMDB as one transaction; the promise settles after its flush. */
  emit(): Promise<boolean> | undefined {
    for (const [id, touched] of this.#touched) this.#complete(id, touched);
    if (this.#writes.length === 0) return undefined;
    return this.layout.root.batch(() => {
      for (const { db, key, value } of this.#writes) {
        if (value === undefined) db.remove(key);
        else db.put(key, value);
      }
    });
  }

  #complete(id: MessageId, { due, dueChanged, done, doneChanged }: Touched): void {
    if (dueChanged && due !== undefined) this.put(this.layout.info, id, encodeState(id, due));
    for (const block of doneChanged ?? []) {
      const bits = done?.get(block);
      if (bits !== undefined) this.put(this.layout.done as BlockDb, [id, block], encodeDone(id, block, bits));
    }
  }

  #touch(id: MessageId): Touched {
    let touched = this.#touched.get(id);
    if (touched === undefined) {
      touched = {};
      this.#touched.set(id, touched);
    }
    return touched;
  }

  #mustBeSealed(record: Buffer, kind: SealedKind, id: MessageId, part: number): void {
    if (!isSealed(record, kind, id, part)) throw new DamagedRecord(id, `${kind} record ${part} fails its checksum`);
  }
}

/** A record of message `id`. LMDB notices some damage itself and throws; the message is damaged then, the batch is not. */
export function lookAt<K extends Key>(db: Database<Buffer, K>, key: K, id: MessageId): Buffer | undefined {
  try {
    return peek(db, key);
  } catch (error) {
    throw new DamagedRecord(id, reasonOf(error));
  }
}
