/**
 * Reads messages: heads, recipients, bounce texts, bodies. Sees what is flushed, verifies every
 * checksum, and notes damage instead of returning anything doubtful.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../../protocol/mail.js';
import type { Body, MessageHead, MessageId, RecipientRow } from '../queue-store.js';
import { reasonOf } from '../queue-unusable.js';
import type { Damages } from './damages.js';
import { type Layout, peek } from './layout.js';
import { blockSize, decodeBody, decodeMessage, type MessageRecord } from './message-record.js';
import { type DoneBlock, decodeAddresses, decodeDone, decodeRouted, isDone } from './recipient-records.js';
import { isSealed, type SealedKind, sealSize } from './seal.js';
import { decodeState, decodeText } from './state-records.js';

export class MessageReader {
  readonly #layout: Layout;
  readonly #damages: Damages;
  readonly #bodyDir: string;

  constructor(layout: Layout, damages: Damages, bodyDir: string) {
    this.#layout = layout;
    this.#damages = damages;
    this.#bodyDir = bodyDir;
  }

  head(id: MessageId): MessageHead | undefined {
    return this.#guarded(id, undefined, () => this.#head(id));
  }

  list(after: MessageId, limit: number): MessageHead[] {
    // Keys first: a read of a record would end the cursor's own.
    const ids = limit <= 0 ? [] : Array.from(this.#layout.mess.getKeys({ start: after, exclusiveStart: true, limit }));
    return ids.map((id) => this.head(id)).filter((head) => head !== undefined);
  }

  recipients(id: MessageId, from: number, limit: number): RecipientRow[] {
    return this.#guarded(id, [], () => this.#recipients(id, from, limit));
  }

  bounceText(id: MessageId): ByteString {
    return this.#guarded(id, '', () => this.#bounceText(id));
  }

  read(id: MessageId): Body | undefined {
    return this.#guarded(id, undefined, () => this.#read(id));
  }

  /** LMDB notices some damage itself and throws; that message is damaged then, the others need not be. */
  #guarded<T>(id: MessageId, otherwise: T, look: () => T): T {
    try {
      return look();
    } catch (error) {
      this.#damages.note(id, reasonOf(error));
      return otherwise;
    }
  }

  #head(id: MessageId): MessageHead | undefined {
    const record = this.#record(id)?.head;
    if (record === undefined) return undefined;
    const { origin, uid, qp, birth, sender, recipientCount, unixSize } = record;
    const state = peek(this.#layout.info, id);
    const preprocessed = state !== undefined;
    // Written out twice: a copy with further fields would be of another kind for the engine each time.
    if (state === undefined || !isSealed(state, 'state', id, 0)) {
      if (preprocessed) this.#damages.note(id, 'state record fails its checksum');
      return { id, origin, uid, qp, birth, sender, recipientCount, unixSize, preprocessed };
    }
    const { local, remote } = decodeState(state);
    const due = { ...(local === undefined ? {} : { local }), ...(remote === undefined ? {} : { remote }) };
    return { id, origin, uid, qp, birth, sender, recipientCount, unixSize, preprocessed, due };
  }

  #isPreprocessed(id: MessageId): boolean {
    return peek(this.#layout.info, id) !== undefined;
  }

  #recipients(id: MessageId, from: number, limit: number): RecipientRow[] {
    const found = this.#record(id);
    const rows: RecipientRow[] = [];
    if (found === undefined || !(from >= 0)) return rows;
    const { head } = found;
    const inline =
      head.recipientsAt === undefined ? undefined : decodeAddresses(found.record, head.recipientsAt, 0, head.recipientCount);
    const preprocessed = this.#isPreprocessed(id);
    const end = Math.min(head.recipientCount, from + limit);
    for (let index = from; index < end; ) {
      const block = Math.floor(index / blockSize);
      const upTo = Math.min(end, (block + 1) * blockSize);
      const whole = this.#block(id, block, head, inline, preprocessed);
      if (whole === undefined) break;
      for (; index < upTo; index++) rows.push(whole(index));
    }
    return rows;
  }

  #bounceText(id: MessageId): ByteString {
    const first = this.#sealed('done', id, 0);
    const count = first === undefined || first === 'damaged' ? 0 : decodeDone(first).bounceTexts;
    let text = '';
    for (let number = 0; number < count; number++) {
      const record = this.#sealed('bounce', id, number);
      // A lost paragraph must not hold up the others: the bounce is still better than none.
      if (record !== undefined && record !== 'damaged') text += decodeText(record);
    }
    return text;
  }

  #read(id: MessageId): Body | undefined {
    const found = this.#record(id);
    if (found === undefined) return undefined;
    const body = decodeBody(found.record, found.head);
    if (body === undefined) this.#damages.note(id, 'body fails its checksum');
    else if ('file' in body) {
      const size = lstatSync(join(this.#bodyDir, body.file), { throwIfNoEntry: false })?.size;
      if (size !== body.size) {
        this.#damages.note(id, `body file ${body.file} has ${size ?? 'no'} octets instead of ${body.size}`);
        return undefined;
      }
    }
    return body;
  }

  #record(id: MessageId): { readonly record: Buffer; readonly head: MessageRecord } | undefined {
    const record = peek(this.#layout.mess, id);
    if (record === undefined) return undefined;
    const head = decodeMessage(record, id);
    if (head !== undefined) return { record, head };
    this.#damages.note(id, 'head fails its checksum');
    return undefined;
  }

  /** Rows of one block by index, or undefined when one of its records is damaged. */
  #block(
    id: MessageId,
    block: number,
    head: MessageRecord,
    inline: readonly ByteString[] | undefined,
    preprocessed: boolean,
  ): ((index: number) => RecipientRow) | undefined {
    const first = block * blockSize;
    const addresses = inline ?? this.#addresses(id, block, Math.min(blockSize, head.recipientCount - first));
    const routedRecord = preprocessed ? this.#sealed('routed', id, block) : undefined;
    if (addresses === undefined || routedRecord === 'damaged' || (preprocessed && routedRecord === undefined)) return undefined;
    const routed = routedRecord === undefined ? undefined : decodeRouted(routedRecord, addresses);
    const doneRecord = this.#sealed('done', id, block);
    if (doneRecord === 'damaged') return undefined;
    const done: DoneBlock | undefined = doneRecord === undefined ? undefined : decodeDone(doneRecord);
    return (index) => {
      const to = routed?.[index - first];
      const row = { index, address: addresses[index - first] ?? '', done: done !== undefined && isDone(done, index) };
      return to === undefined ? row : { ...row, routed: to };
    };
  }

  #addresses(id: MessageId, block: number, count: number): ByteString[] | undefined {
    const record = this.#sealed('recipients', id, block);
    if (record === undefined) this.#damages.note(id, `recipients record ${block} is missing`);
    return record === undefined || record === 'damaged' ? undefined : decodeAddresses(record, sealSize, 0, count);
  }

  #sealed(kind: Exclude<SealedKind, 'state' | 'file' | 'meta'>, id: MessageId, part: number): Buffer | 'damaged' | undefined {
    const { rcpt, routed, done, bounce } = this.#layout;
    const record = peek({ recipients: rcpt, routed, done, bounce }[kind], [id, part]);
    if (record === undefined || isSealed(record, kind, id, part)) return record;
    this.#damages.note(id, `${kind} record ${part} fails its checksum`);
    return 'damaged';
  }
}
