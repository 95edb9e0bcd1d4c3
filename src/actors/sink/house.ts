/**
 * What all connections of one sink share: its rules, its counts, who is connected, and where messages go.
 * No sockets here.
 */
import type { SecureContext } from 'node:tls';
import type { LedgerMark } from '../../protocol/ledger.js';
import type { ByteString } from '../../protocol/mail.js';
import type { SinkQuestion, SinkVerdict } from '../../protocol/sink/judge.js';
import type { SinkRefusal } from '../../protocol/sink/rule.js';
import type { Room } from './collected.js';
import { noCounts, type SinkCounts } from './counts.js';
import type { KeptMessage } from './kept.js';
import type { Troubles } from './troubles.js';

export interface Marked {
  readonly mark: LedgerMark;
  readonly intact: boolean;
}

/** Where messages go: the ledger and the store of this process, or another process. */
export interface Books {
  account(marked: Marked, recipients: readonly ByteString[]): void;
  keep(message: KeptMessage): void;
}

/** What a connection asks. */
export type Question = Pick<SinkQuestion, 'stage' | 'client' | 'sender' | 'address'>;

/** The one judge of all processes, elsewhere: what rules count, draw and remember holds for all of them. */
export interface FarJudge {
  ask(question: Question, then: (verdict: SinkVerdict) => void): void;
  came(client: string): void;
  left(client: string): void;
}

export interface HouseTerms {
  readonly context: SecureContext | undefined;
  readonly starttls: boolean;
  /** Octets of a message, lines ended LF; 0 = any. */
  readonly maxSize: number;
}

export class House {
  readonly troubles: Troubles;
  readonly books: Books;
  /** Octets of a message that are kept at most; 0 = none is kept. */
  readonly keep: number;
  /** For messages under way that will be kept: twice what may be kept, all together. */
  readonly room: Room;
  /** What connections speak TLS with. */
  readonly tls: SecureContext | undefined;
  /** STARTTLS is offered; only where there is such a context. */
  readonly starttls: boolean;
  /** Octets of a message; 0 = any. */
  readonly maxSize: number;
  readonly counts: SinkCounts = noCounts();
  /** Where rules that remember something are asked; undefined: here. */
  far: FarJudge | undefined;
  readonly #clients = new Map<string, number>();

  constructor(troubles: Troubles, books: Books, keep: number, { context, starttls, maxSize }: HouseTerms) {
    this.troubles = troubles;
    this.books = books;
    this.keep = keep;
    this.room = { left: 2 * keep };
    this.tls = context;
    this.maxSize = maxSize;
    this.starttls = starttls && context !== undefined;
  }

  came(client: string): void {
    this.counts.connections++;
    this.counts.open++;
    this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
    this.far?.came(client);
  }

  /** Connections open now of each client. */
  get clients(): ReadonlyMap<string, number> {
    return this.#clients;
  }

  left(client: string): void {
    this.counts.open--;
    const open = (this.#clients.get(client) ?? 1) - 1;
    if (open > 0) this.#clients.set(client, open);
    else this.#clients.delete(client);
    this.far?.left(client);
  }

  /** Undefined when only the judge of all processes can say; then `ask`. */
  judge(question: Question): SinkVerdict | undefined {
    if (this.far !== undefined && this.troubles.remembers(question.stage)) return undefined;
    const ofClient = this.#clients.get(question.client) ?? 0;
    return this.troubles.judge({ ...question, ofClient, ofAll: this.counts.open });
  }

  ask(question: Question, then: (verdict: SinkVerdict) => void): void {
    this.far?.ask(question, then);
  }

  /** Counts what a verdict does. */
  met(verdict: SinkVerdict): void {
    const { counts } = this;
    if (verdict.delayMs > 0) counts.delays++;
    if (verdict.refusal !== undefined) this.refused(verdict.refusal);
    else if (verdict.does === 'stall') counts.stalls++;
    else if (verdict.does !== 'accept') counts.drops++;
  }

  refused({ code }: SinkRefusal): void {
    if (code < 500) this.counts.refused4++;
    else this.counts.refused5++;
  }

  took(recipients: readonly ByteString[], size: number, marked: Marked | undefined): void {
    const { counts } = this;
    counts.messages++;
    counts.recipients += recipients.length;
    counts.bytes += size;
    if (marked === undefined) counts.unmarked++;
    else this.books.account(marked, recipients);
  }
}
