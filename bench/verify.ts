/**
 * Message by message: what the source was told to be accepted against what the sink saw arrive, by recipient.
 * It judges files of ledger records; it does not know which server was between.
 */
import { readFileSync } from 'node:fs';
import { type LedgerRecord, ledgerRecordLength, parseLedgerRecord } from '../src/protocol/ledger.js';

export interface Verdict {
  /** Accepted and never arrived intact. */
  readonly lost: number;
  /** Arrivals beyond the first of a message for a recipient. */
  readonly duplicate: number;
  /** Arrived with another body than was sent, or for a recipient that the message did not have. */
  readonly altered: number;
  /** Arrived although the source was never told that it was accepted. */
  readonly unasked: number;
  /** Latest arrival, microseconds of the monotonic clock; 0 when nothing arrived. */
  readonly lastUs: number;
  /** Milliseconds from acceptance to first arrival, of those that arrived. */
  readonly delaysMs: readonly number[];
}

/** Records of a ledger file; a torn last line is left out. Throws when a whole line is damaged. */
export function readLedger(file: string): LedgerRecord[] {
  const text = readFileSync(file, 'latin1');
  const records: LedgerRecord[] = [];
  for (let at = 0; at + ledgerRecordLength <= text.length; at += ledgerRecordLength) {
    const record = parseLedgerRecord(text.slice(at, at + ledgerRecordLength));
    if (record === undefined) throw new Error(`${file}: damaged ledger record at octet ${at}`);
    records.push(record);
  }
  return records;
}

export function verify(sent: readonly LedgerRecord[], arrived: readonly LedgerRecord[]): Verdict {
  const acceptedAt = new Map<string, number>();
  for (const record of sent) if (record.verdict === 'a') acceptedAt.set(key(record), record.us);
  const seen = new Set<string>();
  const delaysMs: number[] = [];
  let [duplicate, altered, unasked, lastUs] = [0, 0, 0, 0];
  for (const record of arrived) {
    lastUs = Math.max(lastUs, record.us);
    const name = key(record);
    const accepted = acceptedAt.get(name);
    if (record.verdict === 'x') altered++;
    else if (seen.has(name)) duplicate++;
    else {
      seen.add(name);
      if (accepted === undefined) unasked++;
      else delaysMs.push((record.us - accepted) / 1000);
    }
  }
  let lost = 0;
  for (const name of acceptedAt.keys()) if (!seen.has(name)) lost++;
  return { lost, duplicate, altered, unasked, lastUs, delaysMs };
}

function key(record: LedgerRecord): string {
  return `${record.run} ${record.sequence} ${record.recipient}`;
}
