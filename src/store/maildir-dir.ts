/**
 * Delivery into a Maildir, durable and idempotent: written and flushed in `tmp/`, moved into
 * `new/` under a name that only this delivery can have. A name already there with the same
 * content means that an earlier try succeeded. Never creates a Maildir, never overwrites.
 *
 * Deliveries that wait together are made together (maildir-batch.ts). Files are created, written and renamed with blocking
 * calls: each costs a fraction of a trip through the thread pool, and what one of them may wait for, the journal, the others
 * would wait for too. Flushes are asynchronous, and so is whatever reads.
 */
import { accessSync, closeSync, constants, existsSync, fsync, linkSync, openSync, renameSync, unlinkSync, write } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ByteString } from '../protocol/mail.js';
import { isSameMessage } from '../protocol/mailbox/maildir.js';
import { crashAt } from './crash-points.js';
import { writeOutEarly } from './early-write-out.js';
import { syncFolder } from './folder-sync.js';
import { type BatchedDelivery, takeAlong } from './maildir-batch.js';
import { codeOf, octetPath } from './octet-path.js';
import { sameContent } from './same-content.js';
import { MessageUnreadable, type UnixMessage } from './unix-message.js';

const writeFile = promisify(write);

export interface MaildirJob {
  /** Absolute path of the Maildir, with or without a final slash. */
  readonly folder: ByteString;
  readonly name: ByteString;
  /** Name in `tmp/`; must never have been used. */
  readonly temporary: ByteString;
  /** Lines put before the message. */
  readonly prefix: Uint8Array;
  readonly message: UnixMessage;
  /** Look in `cur/` too: an earlier try may have been read already. */
  readonly repeated: boolean;
}

/**
 * `noFolder`: not a folder that can be entered. `different`: the name is taken by other content.
 * `unreadable`: the message, not the mailbox, failed. `trouble`: everything else, try later.
 */
export type MaildirOutcome = 'done' | 'noFolder' | 'different' | 'unreadable' | 'trouble';

async function writeAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await writeFile(fd, bytes, at, bytes.length - at)).bytesWritten;
}

/** Where an earlier try left this message: a path below the Maildir, or undefined. */
async function earlierIn(folder: ByteString, name: ByteString): Promise<ByteString | undefined> {
  for await (const entry of await opendir(octetPath(folder), { encoding: 'latin1' as BufferEncoding })) {
    if (isSameMessage(entry.name, name)) return `${folder}/${entry.name}`;
  }
  return undefined;
}

function canEnter(folder: ByteString): boolean {
  try {
    accessSync(octetPath(`${folder}/.`), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

class MaildirDelivery implements BatchedDelivery {
  readonly #job: MaildirJob;
  readonly #temporary: ByteString;
  readonly #path: ByteString;
  readonly #settle: (outcome: MaildirOutcome) => void;
  #fd = -1;

  constructor(job: MaildirJob, settle: (outcome: MaildirOutcome) => void) {
    this.#job = job;
    this.#temporary = `${job.folder}/tmp/${job.temporary}`;
    this.#path = `${job.folder}/new/${job.name}`;
    this.#settle = settle;
  }

  /** A message that is not held in memory is written piece by piece, before it joins the others. */
  async writePieces(): Promise<boolean> {
    if (!this.#create()) return false;
    try {
      await writeAll(this.#fd, this.#job.prefix);
      for await (const piece of this.#job.message.pieces()) await writeAll(this.#fd, piece);
      return true;
    } catch (error) {
      return this.#fail(error);
    }
  }

  write(): boolean {
    const { message, prefix } = this.#job;
    if (message.bytes !== undefined) {
      if (!this.#create()) return false;
      try {
        const whole = Buffer.allocUnsafe(prefix.length + message.bytes.length);
        whole.set(prefix);
        whole.set(message.bytes, prefix.length);
        writeOutEarly(this.#job.folder, this.#fd, whole);
      } catch (error) {
        return this.#fail(error);
      }
    }
    crashAt('maildir.written');
    return true;
  }

  flush(): Promise<boolean> {
    return new Promise((resolve) => {
      fsync(this.#fd, (error) => {
        resolve(error === null ? this.#close() : this.#fail(error));
      });
    });
  }

  name(): boolean {
    crashAt('maildir.flushed');
    try {
      if (this.#job.repeated || existsSync(octetPath(this.#path))) {
        void this.#again().then(
          (outcome) => this.#end(outcome),
          () => this.#end('trouble'),
        );
        return false;
      }
      // Only this delivery can have the name: one step does what link and unlink do.
      renameSync(octetPath(this.#temporary), octetPath(this.#path));
    } catch (error) {
      return this.#fail(error);
    }
    crashAt('maildir.moved');
    return true;
  }

  over(flushed: boolean): void {
    this.#settle(flushed ? 'done' : 'trouble');
  }

  #create(): boolean {
    try {
      this.#fd = openSync(octetPath(this.#temporary), 'wx', 0o600);
      return true;
    } catch {
      this.#settle(canEnter(this.#job.folder) ? 'trouble' : 'noFolder');
      return false;
    }
  }

  /** The name may be there already: in `cur/`, or in `new/`, where it is never overwritten. */
  async #again(): Promise<MaildirOutcome> {
    const { folder, name, repeated } = this.#job;
    if (repeated) {
      const earlier = await earlierIn(`${folder}/cur`, name).catch(() => undefined);
      if (earlier !== undefined) {
        if (!(await sameContent(earlier, this.#temporary))) return 'different';
        await syncFolder(`${folder}/cur`);
        return 'done';
      }
    }
    try {
      linkSync(octetPath(this.#temporary), octetPath(this.#path));
      if (repeated) await this.#takeBack();
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (!(await sameContent(this.#path, this.#temporary))) return 'different';
    }
    await syncFolder(`${folder}/new`);
    return 'done';
  }

  /** A reader may have taken the earlier one from `new/` to `cur/` between the look there and the link: then it is enough. */
  async #takeBack(): Promise<void> {
    const { folder, name } = this.#job;
    const earlier = await earlierIn(`${folder}/cur`, name).catch(() => undefined);
    if (earlier === undefined || !(await sameContent(earlier, this.#temporary))) return;
    await syncFolder(`${folder}/cur`);
    try {
      unlinkSync(octetPath(this.#path));
    } catch {
      // It was this one that the reader took.
    }
  }

  #close(): boolean {
    const fd = this.#fd;
    this.#fd = -1;
    try {
      closeSync(fd);
      return true;
    } catch (error) {
      return this.#fail(error);
    }
  }

  #fail(error: unknown): false {
    this.#end(error instanceof MessageUnreadable ? 'unreadable' : 'trouble');
    return false;
  }

  /** Ends a delivery whose file did not move: the file goes. */
  #end(outcome: MaildirOutcome): void {
    try {
      if (this.#fd >= 0) closeSync(this.#fd);
    } catch {
      // It is closed all the same.
    }
    this.#fd = -1;
    try {
      unlinkSync(octetPath(this.#temporary));
    } catch {
      // A leftover in tmp/ is removed by mail readers after 36 hours.
    }
    this.#settle(outcome);
  }
}

/** Delivers; resolves when message and name are on disk. */
export function deliverToMaildir(job: MaildirJob): Promise<MaildirOutcome> {
  return new Promise((settle) => {
    const delivery = new MaildirDelivery(job, settle);
    const join = (): void => takeAlong(job.folder, delivery, () => syncFolder(`${job.folder}/new`));
    if (job.message.bytes !== undefined) join();
    else void delivery.writePieces().then((written) => written && join());
  });
}
