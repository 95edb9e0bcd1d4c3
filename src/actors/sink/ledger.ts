/**
 * The sink's ledger: each marked arrival is judged, its latency taken, and a record written where a file was named.
 * A file that can be written no more ends the records loudly, not the judging and not the sink.
 */
import { readFileSync, truncateSync } from 'node:fs';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import {
  type LedgerMark,
  type LedgerRecord,
  ledgerRecipientIndex,
  ledgerRecordLength,
  parseLedgerRecord,
  putLedgerRecord,
} from '../../protocol/ledger.js';
import type { ByteString } from '../../protocol/mail.js';
import { RecordFile } from '../../store/record-file.js';
import { ArrivalBook, type ArrivalVerdict, type RunFacts } from './arrival-book.js';

/** Milliseconds from sending to arrival, once for each recipient; percentiles are at most 0.1 % off. */
export interface SinkLatency {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** One message for one recipient; times in microseconds of the system's monotonic clock. */
export interface Arrival {
  readonly sequence: number;
  /** Number of the recipient; undefined when the mark names no such one. */
  readonly index: number | undefined;
  readonly intact: boolean;
  readonly us: number;
  readonly sentUs: number | undefined;
}

/** A day. */
const longestUs = 8.64e10;

export interface LedgerOptions {
  readonly file: string | undefined;
  /** Goes on with the file of an earlier sink. */
  readonly resume: boolean;
  /** Milliseconds from sending to arrival after which a message is late. */
  readonly lateMs: number;
  /** Told once, with words for a person, when the file can be written no more. */
  readonly failed: (text: string) => void;
}

export class SinkLedger {
  readonly #book = new ArrivalBook();
  readonly #latency: RecordableHistogram = createHistogram({ figures: 3 });
  readonly #file: RecordFile | undefined;
  readonly #lateUs: number;
  /** Why records are written no more. */
  trouble: string | undefined;

  /** Throws when the file cannot be opened, or read to be resumed. */
  constructor({ file, resume, lateMs, failed }: LedgerOptions) {
    this.#lateUs = lateMs * 1000;
    if (file === undefined) return;
    try {
      if (resume) this.#restore(file);
      this.#file = this.#opened(file, resume, failed);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw code === undefined ? error : new Error(`cannot use ${file} as ledger: ${message}`);
    }
  }

  #opened(file: string, resume: boolean, failed: LedgerOptions['failed']): RecordFile {
    return new RecordFile(file, {
      append: resume,
      failed: (error) => {
        this.trouble = `${file}: ${error.message}; no more records are written there, mail is still taken and judged`;
        failed(this.trouble);
      },
    });
  }

  arrive(mark: LedgerMark, intact: boolean, recipients: readonly ByteString[], us: number): void {
    for (const recipient of recipients) {
      const index = ledgerRecipientIndex(mark, recipient);
      this.take(mark, { sequence: mark.sequence, index, intact, us, sentUs: mark.sentUs });
    }
  }

  take(run: RunFacts, { sequence, index, intact, us, sentUs }: Arrival): void {
    const good = intact && index !== undefined;
    const latency = sentUs === undefined ? -1 : us - sentUs;
    this.#book.arrive(run, sequence, index, intact, latency > this.#lateUs);
    // A mark made on another machine says nothing about this one's clock.
    if (good && latency >= 0 && latency < longestUs) this.#latency.record(Math.max(1, latency));
    if (this.#file === undefined) return;
    const record: LedgerRecord = { run: run.run, sequence, recipient: index ?? 0, verdict: good ? 'i' : 'x', us };
    this.#file.append(ledgerRecordLength, (into, at) => putLedgerRecord(into, at, record));
  }

  verdict(): ArrivalVerdict | undefined {
    return this.#book.verdict();
  }

  latency(): SinkLatency | undefined {
    const all = this.#latency;
    if (all.count === 0) return undefined;
    const ms = (us: number): number => Math.round(us) / 1000;
    const at = (percent: number): number => ms(all.percentile(percent));
    const [p50, p90, p99, p999] = [at(50), at(90), at(99), at(99.9)];
    return { count: all.count, min: ms(all.min), mean: ms(all.mean), p50, p90, p99, p999, max: ms(all.max) };
  }

  close(): void {
    this.#file?.close();
  }

  #restore(file: string): void {
    let text = '';
    try {
      text = readFileSync(file, 'latin1');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    for (let at = 0; at + ledgerRecordLength <= text.length; at += ledgerRecordLength) {
      const record = parseLedgerRecord(text.slice(at, at + ledgerRecordLength));
      if (record === undefined) throw new Error(`${file}: damaged ledger record at octet ${at}; begin with a new file`);
      this.#book.restore(record);
    }
    // A record torn by the end of the earlier sink would spoil the next one.
    if (text.length % ledgerRecordLength !== 0) truncateSync(file, text.length - (text.length % ledgerRecordLength));
  }
}
