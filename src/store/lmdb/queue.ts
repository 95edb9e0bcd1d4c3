/**
 * The durable queue: puts changes into the commit loop, answers reads from what is flushed.
 * What a change writes is changes.ts, how it becomes durable is group-commit.ts.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString, Channel, Routed } from '../../protocol/mail.js';
import type { AdoptedState, AdoptingStore } from '../adopting-store.js';
import { removeBodyFile, sweepBodyFiles } from '../body-file.js';
import {
  type Body,
  type Damage,
  type DueEntry,
  type Looked,
  type Marks,
  type MessageHead,
  type MessageId,
  type NewMessage,
  type RecipientRow,
  type Reschedule,
  StoreError,
  type Trouble,
} from '../queue-store.js';
import { reasonOf } from '../queue-unusable.js';
import { Batch, DamagedRecord, type Tally } from './batch.js';
import * as changes from './changes.js';
import { Damages } from './damages.js';
import { adoptedKeys, type Facts, factRecord, lookedRecord, readAdopted, readLooked } from './facts.js';
import { GroupCommit, type Step } from './group-commit.js';
import { dataFile, type Layout, peek } from './layout.js';
import type { MarkerWriter } from './marker.js';
import { MessageReader } from './message-reader.js';
import { encodeMessage, messageRecordSize } from './message-record.js';
import { Schedule } from './schedule.js';
import { type Piece, Slabs } from './slab.js';
import type { Space } from './space.js';
import { TodoScan } from './todo-scan.js';

/** Ids reserved by one write: a crash skips at most so many. */
const reservedIds = 10_000;
/** Entries of the schedule that one change of allDue moves. */
const allDueStep = 500;
/** Milliseconds between two looks at the data file's size, and the growth that is worth a new marker. */
const markerInterval = 200;
const markerGrowth = 1_048_576;

export interface LmdbQueueParts {
  readonly dir: string;
  readonly layout: Layout;
  readonly facts: Facts;
  readonly marker: MarkerWriter;
  readonly space: Space;
  readonly count: number;
  readonly preprocessed: number;
}

interface EncodedPiece extends changes.EncodedMessage {
  readonly piece: Piece;
}

export class LmdbQueue implements AdoptingStore {
  readonly nonce: string;
  readonly firstId: MessageId;
  readonly #dir: string;
  readonly #layout: Layout;
  readonly #marker: MarkerWriter;
  readonly #space: Space;
  readonly #damages = new Damages();
  readonly #reader: MessageReader;
  readonly #schedule: Schedule;
  readonly #todo: TodoScan;
  readonly #commit: GroupCommit;
  readonly #slabs = new Slabs();
  #count: number;
  #preprocessed: number;
  /** Next id to give, the end of the reservation on disk, and the highest id that is flushed. */
  #next: MessageId;
  #reserved: MessageId;
  #lastFlushed: MessageId;
  #markerLookedAt = 0;
  #closing: Promise<void> | undefined;

  constructor({ dir, layout, facts, marker, space, count, preprocessed }: LmdbQueueParts) {
    this.nonce = facts.nonce;
    this.firstId = facts.next;
    this.#dir = dir;
    this.#layout = layout;
    this.#marker = marker;
    this.#space = space;
    this.#count = count;
    this.#preprocessed = preprocessed;
    this.#next = facts.next;
    this.#reserved = facts.next;
    this.#lastFlushed = facts.next - 1;
    this.#reader = new MessageReader(layout, this.#damages, join(dir, 'body'));
    this.#schedule = new Schedule(layout, this.#damages);
    this.#todo = new TodoScan(layout, facts.todo);
    this.#commit = new GroupCommit({
      room: () => space.room(),
      newBatch: () => new Batch(layout),
      committed: (tally) => this.#committed(tally),
      damaged: ({ id, message }) => this.#damages.note(id, message),
    });
  }

  count(): number {
    this.#mustBeOpen();
    return this.#count;
  }

  accept(message: NewMessage): Promise<MessageId> {
    return this.#keep(message, (batch, encoded) => this.#add(batch, encoded));
  }

  #keep(message: NewMessage, add: (batch: Batch, encoded: EncodedPiece) => MessageId): Promise<MessageId> {
    const trouble = this.trouble();
    if (trouble !== undefined) return Promise.reject(new StoreError(trouble));
    const encoded = this.#encode(message);
    const octets = encoded.record.length + (encoded.file?.size ?? 0);
    const refusal = this.#space.refusal(octets) ?? this.#commit.refusal(octets);
    if (refusal !== undefined) {
      this.#slabs.release(encoded.piece);
      return Promise.reject(new StoreError(refusal));
    }
    this.#space.take(encoded.record.length, octets);
    return this.#change('accept', (batch) => add(batch, encoded), encoded).finally(() => this.#space.settled(octets));
  }

  todo(after: MessageId, limit: number): MessageHead[] {
    return this.#look(() => this.#heads(after, limit));
  }

  #heads(after: MessageId, limit: number): MessageHead[] {
    const heads: MessageHead[] = [];
    if (limit <= 0) return heads;
    for (const id of this.#todo.ids(after, this.#lastFlushed, this.#count - this.#preprocessed)) {
      const head = this.#damages.has(id) ? undefined : this.#reader.head(id);
      if (head !== undefined) heads.push(head);
      if (heads.length >= limit) break;
    }
    return heads;
  }

  todoCount(): number {
    return this.#count - this.#preprocessed;
  }

  head(id: MessageId): MessageHead | undefined {
    this.#mustBeOpen();
    return this.#reader.head(id);
  }

  list(after: MessageId, limit: number): MessageHead[] {
    this.#mustBeOpen();
    return this.#reader.list(after, limit);
  }

  recipients(id: MessageId, from: number, limit: number): RecipientRow[] {
    this.#mustBeOpen();
    return this.#reader.recipients(id, from, limit);
  }

  preprocess(
    id: MessageId,
    routed: readonly Routed[],
    due: { readonly local?: number; readonly remote?: number },
  ): Promise<void> {
    return this.#change('route', (batch) => changes.preprocess(batch, id, routed, due), undefined, true);
  }

  reschedule(change: Reschedule): Promise<void> {
    return this.#change('retry', (batch) => changes.reschedule(batch, change), undefined, true);
  }

  due(channel: Channel, now: number, limit: number): DueEntry[] {
    return this.#look(() => this.#schedule.upTo(channel, now, limit));
  }

  nextDue(channel: Channel): DueEntry | undefined {
    return this.#look(() => this.#schedule.first(channel));
  }

  async allDue(now: number): Promise<void> {
    for (const channel of ['local', 'remote'] as const) await this.#channelDue(channel, now);
  }

  async #channelDue(channel: Channel, now: number): Promise<void> {
    // What is later than the last entry of now was added meanwhile; without an end this could chase it for ever.
    const last = this.#look(() => this.#schedule.last(channel));
    let after: DueEntry | undefined;
    for (let more = last !== undefined; more && last !== undefined; ) {
      const step = await this.#change('other', (batch) => {
        const entries = this.#schedule.later(now, allDueStep, after, last);
        for (const entry of entries) this.#makeDue(batch, entry, now);
        return entries;
      });
      more = step.length === allDueStep;
      after = step.at(-1);
    }
  }

  mark(marks: Marks): Promise<void> {
    return this.#change('mark', (batch) => changes.mark(batch, marks), undefined, true);
  }

  bounceText(id: MessageId): ByteString {
    this.#mustBeOpen();
    return this.#reader.bounceText(id);
  }

  async finish(id: MessageId, bounce?: NewMessage): Promise<MessageId | undefined> {
    this.#mustBeOpen();
    const encoded = bounce === undefined ? undefined : this.#encode(bounce);
    const removed = await this.#change(
      bounce === undefined ? 'finish' : 'bounce',
      (batch) => {
        // What may not have been delivered because it could not be read must not end.
        const head = this.#damages.has(id) ? undefined : changes.finish(batch, id);
        return {
          file: head?.file,
          bounceId: head === undefined || encoded === undefined ? undefined : this.#add(batch, encoded),
        };
      },
      encoded,
      true,
    );
    // A file that cannot be removed now is swept later.
    if (removed.file !== undefined) await removeBodyFile(this.#dir, removed.file).catch(() => undefined);
    return removed.bounceId;
  }

  read(id: MessageId): Body | undefined {
    this.#mustBeOpen();
    return this.#reader.read(id);
  }

  bodyPath(file: string): string {
    return join(this.#dir, 'body', file);
  }

  async adopt(message: NewMessage, state: AdoptedState): Promise<MessageId | undefined> {
    const { length } = message.recipients;
    if ((state.routed?.length ?? length) !== length || !state.done.every((index) => index >= 0 && index < length))
      throw new RangeError(`state of other recipients than the ${length} of ${state.key}`);
    if (this.adopted(state.key) !== undefined) return undefined;
    return this.#keep(message, (batch, encoded) => {
      const id = this.#nextId(batch);
      changes.adopt(batch, id, encoded, state);
      return id;
    });
  }

  adopted(key: string): MessageId | undefined {
    this.#mustBeOpen();
    return readAdopted(this.#layout, key);
  }

  async forgetAdopted(): Promise<number> {
    this.#mustBeOpen();
    const keys = adoptedKeys(this.#layout);
    await this.#change('other', (batch) => {
      for (const key of keys) batch.remove(this.#layout.meta, key);
    });
    return keys.length;
  }

  keepLooked(looked: Looked): Promise<void> {
    const record = lookedRecord(looked);
    return this.#change('other', (batch) => batch.put(this.#layout.meta, 'looked', record), undefined, true);
  }

  looked(): Looked | undefined {
    this.#mustBeOpen();
    return readLooked(this.#layout);
  }

  async sweep(now: number): Promise<{ readonly removed: number }> {
    this.#mustBeOpen();
    return { removed: await sweepBodyFiles(this.#dir, now, (file) => peek(this.#layout.file, file) !== undefined) };
  }

  trouble(): Trouble | undefined {
    return this.#commit.over ?? this.#space.refusal(0) ?? this.#commit.refusal(1);
  }

  damages(): readonly Damage[] {
    return this.#damages.list();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The exact next id, so that a clean stop leaves no gap, and the floor, so that the next start walks less.
    if (this.#commit.over === undefined) {
      await this.#change('other', (batch) => {
        batch.put(this.#layout.meta, 'next', factRecord(this.#next));
        batch.put(this.#layout.meta, 'todo', factRecord(this.#todo.floor));
      }).catch(() => undefined);
    }
    await this.#commit.close();
    await this.#space.close();
    const failed = this.#commit.over?.why === 'failed';
    await this.#marker.close(failed ? undefined : this.#dataSize()).catch(() => undefined);
    // After a failed commit LMDB's own close may wait for ever; the process is about to end anyway.
    if (!failed) await this.#layout.root.close();
  }

  #encode(message: NewMessage): EncodedPiece {
    const piece = this.#slabs.take(messageRecordSize(message));
    encodeMessage(piece.bytes, message);
    return { piece, record: piece.bytes, ...changes.encodedParts(message) };
  }

  #add(batch: Batch, encoded: EncodedPiece): MessageId {
    const id = this.#nextId(batch);
    changes.accept(batch, id, encoded);
    return id;
  }

  #nextId(batch: Batch): MessageId {
    const id = this.#next++;
    if (id >= this.#reserved) {
      this.#reserved = id + reservedIds;
      batch.put(this.#layout.meta, 'next', factRecord(this.#reserved));
      batch.put(this.#layout.meta, 'todo', factRecord(this.#todo.floor));
    }
    return id;
  }

  #makeDue(batch: Batch, entry: DueEntry, now: number): void {
    try {
      changes.makeDue(batch, entry, now);
    } catch (error) {
      if (!(error instanceof DamagedRecord)) throw error;
      this.#damages.note(error.id, error.message);
    }
  }

  /** Queues a change and resolves to what `build` returned, after the flush. */
  #change<T>(step: Step, build: (batch: Batch) => T, encoded?: EncodedPiece, lazy = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let built: { readonly value: T } | undefined;
      const over = (): void => {
        if (encoded !== undefined) this.#slabs.release(encoded.piece);
      };
      this.#commit.add({
        step,
        octets: encoded?.record.length ?? 0,
        lazy,
        build: (batch) => {
          built = { value: build(batch) };
        },
        settle: () => {
          over();
          resolve(built?.value as T);
        },
        fail: (error) => {
          over();
          reject(error);
        },
      });
    });
  }

  #committed(tally: Tally): void {
    this.#count += tally.messages;
    this.#preprocessed += tally.preprocessed;
    this.#lastFlushed = Math.max(this.#lastFlushed, tally.lastId);
    this.#space.changed(tally.octets);
    const now = performance.now();
    if (now - this.#markerLookedAt < markerInterval) return;
    this.#markerLookedAt = now;
    // Right after a flush and before the next batch: all of this size is on the disk.
    this.#marker.grown(this.#dataSize() ?? 0, markerGrowth);
  }

  #dataSize(): number | undefined {
    return statSync(join(this.#dir, dataFile), { throwIfNoEntry: false })?.size;
  }

  /** Walks over many messages; where LMDB itself notices damage, the caller must not take it for the end. */
  #look<T>(walk: () => T): T {
    this.#mustBeOpen();
    try {
      return walk();
    } catch (error) {
      throw new StoreError({
        why: 'failed',
        text: `queue cannot be read: ${reasonOf(error)}: stop and run "tqmail check --queue"`,
      });
    }
  }

  #mustBeOpen(): void {
    if (this.#commit.over !== undefined) throw new StoreError(this.#commit.over);
  }
}
