/**
 * The queue in memory: the same meaning as the durable one, for tests and as the bench's
 * baseline. Changes are applied one microtask later, all together, as a commit would be.
 * Nothing survives the process. Hooks let a test fail a commit, fill the store or hold commits.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { copyOf as octetsOf } from '../protocol/bytes.js';
import type { ByteString, Channel, Routed } from '../protocol/mail.js';
import { removeBodyFile, sweepBodyFiles } from './body-file.js';
import { Schedule } from './memory/schedule.js';
import {
  type Body,
  type Damage,
  type DueEntry,
  type Looked,
  type Marks,
  type MessageHead,
  type MessageId,
  type NewMessage,
  type QueueStore,
  type RecipientRow,
  type Reschedule,
  StoreError,
  type Trouble,
} from './queue-store.js';

export interface MemoryQueueOptions {
  readonly nonce?: string;
  /** Queue folder, needed only when bodies come as files. */
  readonly dir?: string;
}

interface Kept {
  readonly message: NewMessage;
  routed: readonly Routed[] | undefined;
  readonly done: Set<number>;
  readonly due: Map<Channel, number>;
  bounce: ByteString;
}

interface Change {
  readonly apply: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

export class MemoryQueue implements QueueStore {
  readonly nonce: string;
  readonly firstId = 2;
  readonly #dir: string;
  readonly #messages = new Map<MessageId, Kept>();
  readonly #schedule: Readonly<Record<Channel, Schedule>> = { local: new Schedule(), remote: new Schedule() };
  #lastId = 1;
  #looked: Looked | undefined;
  #pending: Change[] = [];
  #held = 0;
  #scheduled = false;
  #failNext: string | undefined;
  #stopped: Trouble | undefined;
  #full: Trouble | undefined;

  constructor(options: MemoryQueueOptions = {}) {
    this.nonce = options.nonce ?? randomBytes(8).toString('hex');
    this.#dir = options.dir ?? join('/', 'nonexistent');
  }

  /** Test hook: the next commit fails, and the store with it. */
  failNextCommit(text = 'commit failed'): void {
    this.#failNext = text;
  }
  /** Test hook: refuses new messages while `text` is set. */
  setFull(text: string | undefined): void {
    this.#full = text === undefined ? undefined : { why: 'full', text };
  }
  /** Test hook: nothing commits until the returned function is called (a slow disk). */
  holdCommits(): () => void {
    this.#held++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#held--;
      this.#commitSoon();
    };
  }
  /** Test hook: open again after `close`, as the next process finds it. */
  reopen(): void {
    this.#stopped = undefined;
  }

  count(): number {
    this.#mustBeOpen();
    return this.#messages.size;
  }

  accept(message: NewMessage): Promise<MessageId> {
    if (this.#full !== undefined && this.#stopped === undefined) return Promise.reject(new StoreError(this.#full));
    const copy = copyOf(message);
    return this.#change(() => this.#add(copy));
  }

  todo(after: MessageId, limit: number): MessageHead[] {
    this.#mustBeOpen();
    const heads: MessageHead[] = [];
    // A Map keeps insertion order, and ids only grow.
    for (const [id, kept] of this.#messages) {
      if (heads.length >= limit) break;
      if (id > after && kept.routed === undefined) heads.push(headOf(id, kept));
    }
    return heads;
  }

  todoCount(): number {
    let todo = 0;
    for (const { routed } of this.#messages.values()) if (routed === undefined) todo += 1;
    return todo;
  }

  head(id: MessageId): MessageHead | undefined {
    this.#mustBeOpen();
    const kept = this.#messages.get(id);
    return kept === undefined ? undefined : headOf(id, kept);
  }

  list(after: MessageId, limit: number): MessageHead[] {
    this.#mustBeOpen();
    const ids = [...this.#messages.keys()].filter((id) => id > after).slice(0, Math.max(0, limit));
    return ids.map((id) => headOf(id, this.#messages.get(id) as Kept));
  }

  recipients(id: MessageId, from: number, limit: number): RecipientRow[] {
    this.#mustBeOpen();
    const kept = this.#messages.get(id);
    if (kept === undefined || limit <= 0) return [];
    return kept.message.recipients.slice(from, from + limit).map((address, at) => {
      const index = from + at;
      const routed = kept.routed?.[index];
      return { index, address, done: kept.done.has(index), ...(routed === undefined ? {} : { routed }) };
    });
  }

  preprocess(
    id: MessageId,
    routed: readonly Routed[],
    due: { readonly local?: number; readonly remote?: number },
  ): Promise<void> {
    const copy = routed.map(({ channel, address }) => ({ channel, address }));
    return this.#changeOf(id, (kept) => {
      if (copy.length !== kept.message.recipients.length) throw new RangeError(`routing of ${copy.length} recipients`);
      mustBeTime(due.local);
      mustBeTime(due.remote);
      kept.routed = copy;
      this.#setDue(id, kept, 'local', due.local);
      this.#setDue(id, kept, 'remote', due.remote);
    });
  }

  reschedule({ id, channel, due }: Reschedule): Promise<void> {
    return this.#changeOf(id, (kept) => {
      mustBeTime(due);
      if (kept.routed === undefined) throw new RangeError(`message ${id} is not preprocessed`);
      this.#setDue(id, kept, channel, due);
    });
  }

  due(channel: Channel, now: number, limit: number): DueEntry[] {
    this.#mustBeOpen();
    return this.#schedule[channel].upTo(now, limit);
  }

  nextDue(channel: Channel): DueEntry | undefined {
    this.#mustBeOpen();
    return this.#schedule[channel].first();
  }

  allDue(now: number): Promise<void> {
    return this.#change(() => {
      for (const { id, channel } of [...this.#schedule.local.later(now), ...this.#schedule.remote.later(now)]) {
        const kept = this.#messages.get(id);
        if (kept !== undefined) this.#setDue(id, kept, channel, now);
      }
    });
  }

  mark({ id, indexes, bounceText }: Marks): Promise<void> {
    const copy = [...indexes];
    return this.#changeOf(id, (kept) => {
      for (const index of copy) {
        if (!(Number.isInteger(index) && index >= 0 && index < kept.message.recipients.length))
          throw new RangeError(`recipient ${index} of message ${id}`);
      }
      for (const index of copy) kept.done.add(index);
      kept.bounce += bounceText ?? '';
    });
  }

  bounceText(id: MessageId): ByteString {
    this.#mustBeOpen();
    return this.#messages.get(id)?.bounce ?? '';
  }

  async finish(id: MessageId, bounce?: NewMessage): Promise<MessageId | undefined> {
    const copy = bounce === undefined ? undefined : copyOf(bounce);
    const [bounceId, body] = await this.#change((): [MessageId | undefined, Body | undefined] => {
      const kept = this.#messages.get(id);
      if (kept === undefined) return [undefined, undefined];
      this.#setDue(id, kept, 'local', undefined);
      this.#setDue(id, kept, 'remote', undefined);
      this.#messages.delete(id);
      return [copy === undefined ? undefined : this.#add(copy), kept.message.body];
    });
    // A file that cannot be removed now is swept later.
    if (body !== undefined && 'file' in body) await removeBodyFile(this.#dir, body.file).catch(() => undefined);
    return bounceId;
  }

  read(id: MessageId): Body | undefined {
    this.#mustBeOpen();
    const body = this.#messages.get(id)?.message.body;
    return body === undefined || 'file' in body ? body : { form: body.form, bytes: octetsOf(body.bytes) };
  }

  bodyPath(file: string): string {
    return join(this.#dir, 'body', file);
  }

  keepLooked(looked: Looked): Promise<void> {
    return this.#change(() => {
      this.#looked = looked;
    });
  }

  looked(): Looked | undefined {
    return this.#looked;
  }

  async sweep(now: number): Promise<{ readonly removed: number }> {
    this.#mustBeOpen();
    const named = new Set<string>();
    for (const { message } of this.#messages.values()) if ('file' in message.body) named.add(message.body.file);
    return { removed: await sweepBodyFiles(this.#dir, now, (file) => named.has(file)) };
  }

  trouble(): Trouble | undefined {
    return this.#stopped ?? this.#full;
  }

  damages(): readonly Damage[] {
    return [];
  }

  async close(): Promise<void> {
    if (this.#stopped !== undefined) return;
    this.#commit();
    this.#stopped = { why: 'closed', text: 'the queue is closed' };
  }

  #add(message: NewMessage): MessageId {
    const id = ++this.#lastId;
    this.#messages.set(id, { message, routed: undefined, done: new Set(), due: new Map(), bounce: '' });
    return id;
  }

  #setDue(id: MessageId, kept: Kept, channel: Channel, due: number | undefined): void {
    const before = kept.due.get(channel);
    if (before !== undefined) this.#schedule[channel].remove(id, channel, before);
    if (due === undefined) kept.due.delete(channel);
    else {
      kept.due.set(channel, due);
      this.#schedule[channel].add(id, channel, due);
    }
  }

  #changeOf(id: MessageId, apply: (kept: Kept) => void): Promise<void> {
    return this.#change(() => {
      const kept = this.#messages.get(id);
      if (kept !== undefined) apply(kept);
    });
  }

  #change<T>(apply: () => T): Promise<T> {
    if (this.#stopped !== undefined) return Promise.reject(new StoreError(this.#stopped));
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ apply, resolve, reject });
      this.#commitSoon();
    });
  }

  #commitSoon(): void {
    if (this.#scheduled || this.#held > 0 || this.#pending.length === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#held === 0) this.#commit();
    });
  }

  #commit(): void {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length > 0 && this.#failNext !== undefined) this.#stopped = { why: 'failed', text: this.#failNext };
    for (const change of batch) {
      try {
        if (this.#stopped !== undefined) throw new StoreError(this.#stopped);
        change.resolve(change.apply() as never);
      } catch (error) {
        change.reject(error);
      }
    }
  }

  #mustBeOpen(): void {
    if (this.#stopped !== undefined) throw new StoreError(this.#stopped);
  }
}

function copyOf(message: NewMessage): NewMessage {
  const { body } = message;
  return {
    ...message,
    recipients: [...message.recipients],
    body: 'file' in body ? body : { form: body.form, bytes: octetsOf(body.bytes) },
  };
}

function headOf(id: MessageId, { message, routed, due }: Kept): MessageHead {
  const { origin, uid, qp, birth, sender, unixSize } = message;
  return {
    id,
    origin,
    uid,
    qp,
    birth,
    sender,
    recipientCount: message.recipients.length,
    unixSize,
    preprocessed: routed !== undefined,
    ...(routed === undefined ? {} : { due: Object.fromEntries(due) }),
  };
}

function mustBeTime(due: number | undefined): void {
  if (due !== undefined && !Number.isFinite(due)) throw new RangeError(`time ${due}`);
}
