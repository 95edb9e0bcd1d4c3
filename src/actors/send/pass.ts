/**
 * Opening a pass and taking deliveries out of it: which recipients go next, and which of them may share
 * a transaction. Pure but for the state of the rows it is given.
 */
import type { ByteString, Channel } from '../../protocol/mail.js';
import { nextTry } from '../../protocol/retry.js';
import type { RecipientRow } from '../../store/queue-store.js';
import type { Job, Pass, Row } from './job.js';

/** Recipients read from the store at once. */
export const windowSize = 1_000;

/** A pass over rows that are in memory, or (rows undefined) over what the store holds. `dying`: its last one. */
export function openPass(job: Job, channel: Channel, now: number, dying: boolean, rows?: readonly Row[]): Pass {
  const { birth } = job.head;
  const pass: Pass = {
    job,
    channel,
    nextTry: nextTry(birth, now, channel),
    dying,
    rows: rows ?? [],
    from: 0,
    unread: rows === undefined ? 0 : undefined,
    reading: false,
    running: 0,
    deferred: 0,
  };
  job.passes.set(channel, pass);
  return pass;
}

/** The undone recipients of one channel among what the store answered. */
export function rowsOf(stored: readonly RecipientRow[], channel: Channel): Row[] {
  const rows: Row[] = [];
  for (const { index, routed, done } of stored) {
    if (!done && routed?.channel === channel) rows.push({ index, channel, address: routed.address, state: 'waiting' });
  }
  return rows;
}

export function hostOf(address: ByteString): ByteString {
  return address.slice(address.lastIndexOf('@') + 1);
}

function skipTaken(pass: Pass): Row | undefined {
  for (; pass.from < pass.rows.length; pass.from += 1) {
    const row = pass.rows[pass.from] as Row;
    if (row.state === 'waiting') return row;
  }
  return undefined;
}

/** Which destinations may be tried. */
export interface Gate {
  /** Mail for the host is not to be tried: it is deferred as it is. */
  held(host: ByteString): boolean;
  /** A delivery to the host may begin now; otherwise its recipients wait. */
  allows(host: ByteString): boolean;
}

/** The next recipient that may be tried now; those that are held are deferred without a try. */
function nextRow(pass: Pass, gate: Gate): Row | undefined {
  if (skipTaken(pass) === undefined) return undefined;
  if (pass.channel === 'local') return pass.rows[pass.from];
  for (let i = pass.from; i < pass.rows.length; i += 1) {
    const row = pass.rows[i] as Row;
    if (row.state !== 'waiting') continue;
    const host = hostOf(row.address);
    if (!pass.dying && gate.held(host)) {
      row.state = 'deferred';
      pass.deferred += 1;
    } else if (gate.allows(host)) return row;
  }
  return undefined;
}

/**
 * The next recipients for one slot: one, or up to `most` of the same host (control/rcptspertransaction). A message in
 * its last pass is held no longer: it is tried once before it bounces.
 */
export function takeGroup(pass: Pass, most: number, gate: Gate): readonly Row[] {
  const first = nextRow(pass, gate);
  if (first === undefined) return [];
  first.state = 'running';
  const group = [first];
  if (most <= 1) return group;
  const host = hostOf(first.address).toLowerCase();
  for (let i = pass.from; i < pass.rows.length && group.length < most; i += 1) {
    const row = pass.rows[i] as Row;
    if (row.state !== 'waiting' || hostOf(row.address).toLowerCase() !== host) continue;
    row.state = 'running';
    group.push(row);
  }
  return group;
}

/** The first recipient that waits. */
export function firstWaiting(pass: Pass): Row | undefined {
  return skipTaken(pass);
}

export function hasWaiting(pass: Pass): boolean {
  return skipTaken(pass) !== undefined;
}
