/**
 * Where a run's mail arrives, as something that can be counted while it runs and judged afterwards:
 * the next hop's count, the next hop's ledger, or the files of a Maildir.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { type LedgerRecord, ledgerHeaderName, ledgerRecipientIndex } from '../src/protocol/ledger.js';
import { parseLedgerMark } from '../src/protocol/ledger-mark-reader.js';
import type { SinkRun } from './load/load.js';
import { readLedger } from './verify.js';

export interface Arrivals {
  count(): number;
  /** A record for each arrival; undefined when only the count is known. */
  records(): readonly LedgerRecord[] | undefined;
}

export function sinkArrivals(sink: SinkRun): Arrivals {
  const { ledger } = sink;
  return { count: () => sink.arrived(), records: () => (ledger === undefined ? undefined : readLedger(ledger)) };
}

/** Messages in a Maildir's `new`, each for the one `recipient`. */
export function maildirArrivals(folder: string, recipient: string, judged: boolean): Arrivals {
  const names = (): string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return []; // The server makes it with the first delivery.
    }
  };
  return {
    count: () => names().length,
    records: () => (judged ? names().map((name) => deliveredRecord(path.join(folder, name), recipient)) : undefined),
  };
}

/** Bounces in a Maildir's `new`: each counts as the arrival of the message whose mark it quotes. */
export function bounceArrivals(folder: string): Arrivals {
  const files = maildirArrivals(folder, '', false);
  return {
    count: files.count,
    records: () => readdirSync(folder).map((name) => bouncedRecord(path.join(folder, name))),
  };
}

function bouncedRecord(file: string): LedgerRecord {
  const us = Math.round(statSync(file).mtimeMs * 1000 - clockOffsetUs);
  const text = readFileSync(file, 'latin1');
  const start = text.indexOf(ledgerHeaderName);
  const value = start === -1 ? '' : text.slice(start + ledgerHeaderName.length, text.indexOf('\n', start));
  const mark = parseLedgerMark(value);
  if (mark === undefined) return { ...stranger, verdict: 'x', us };
  return { run: mark.run, sequence: mark.sequence, recipient: 0, verdict: 'i', us };
}

const clockOffsetUs = Date.now() * 1000 - Number(process.hrtime.bigint() / 1000n);
const stranger = { run: '00000000', sequence: 0, recipient: 0 };

/** Judges one delivered file: its body, brought back to wire form, must have the checksum of its mark. */
export function deliveredRecord(file: string, recipient: string): LedgerRecord {
  const us = Math.round(statSync(file).mtimeMs * 1000 - clockOffsetUs);
  const bytes = readFileSync(file);
  const headerEnd = bytes.indexOf('\n\n');
  const header = bytes.toString('latin1', 0, Math.max(0, headerEnd + 1));
  const start = header.indexOf(ledgerHeaderName);
  const value = start === -1 ? '' : header.slice(start + ledgerHeaderName.length, header.indexOf('\n', start));
  const mark = parseLedgerMark(value);
  if (mark === undefined) return { ...stranger, verdict: 'x', us };
  const index = ledgerRecipientIndex(mark, recipient);
  const intact = index !== undefined && wireChecksum(bytes.subarray(headerEnd + 2)) === mark.checksum;
  return { run: mark.run, sequence: mark.sequence, recipient: index ?? 0, verdict: intact ? 'i' : 'x', us };
}

/** CRC-32 of a body with LF line ends as it would be on the wire: CR LF, leading dots doubled. */
function wireChecksum(body: Buffer): number {
  return crc32(Buffer.from(body.toString('latin1').replaceAll('\n', '\r\n').replace(/^\./gm, '..'), 'latin1'));
}
