/**
 * Opening a pass and taking deliveries out of it: which recipients go next, and which of them may share
 * a transaction. Pure but for the state of the rows it is given.
 */
import type { ByteString, Channel } from '../../protocol/mail.js';
import { nextTry } from '../../protocol/retry.js';
import type { RecipientRow } from '../../store/queue-store.js';
import type { Turn } from './destinations.js';
import type { Job, Pass, Row } from './job.js';

/** Recipients aside that a pass has at most before it reads more. */
const mostAside = 6_000;

export interface PassStart {
  readonly job: Job;
  readonly channel: Channel;
  readonly now: number;
  /** It is the message's last one. */
  readonly dying: boolean;
  /** The message could fill all slots. */
  readonly many: boolean;
  /** The recipients when they are in memory. */
  readonly rows?: readonly Row[] | undefined;
}

/** A pass over rows that are in memory, or (rows undefined) over what the store holds. */
export function openPass({ job, channel, now, dying, many, rows }: PassStart): Pass {
  const { birth } = job.head;
  const pass: Pass = {
    job,
    channel,
    nextTry: nextTry(birth, now, channel),
    dying,
    rows: rows ?? [],
    from: 0,
    byHost: undefined,
    aside: new Map(),
    asideRows: 0,
    many: many && channel === 'remote',
    begun: 0,
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

/** What stands between a recipient and a slot. */
export interface Gate {
  /** Mail for this host waits until somebody asks for it. */
  held(host: ByteString): boolean;
  /** The host, in lower case, may get a slot now; or its recipients wait aside; or for their next try. */
  turnOf(host: ByteString, pass: Pass): Turn;
  /** The pass has one more recipient of the host aside. */
  setAside(host: ByteString, pass: Pass): void;
}

function waitForNextTry(pass: Pass, row: Row): void {
  row.state = 'deferred';
  pass.deferred += 1;
}

function setAside(pass: Pass, row: Row, host: ByteString, gate: Gate): void {
  const rows = pass.aside.get(host);
  if (rows === undefined) pass.aside.set(host, [row]);
  else rows.push(row);
  pass.from += 1;
  pass.asideRows += 1;
  gate.setAside(host, pass);
}

/** The next recipient that may be tried; those that may not are set aside, or deferred without a try. */
function nextRow(pass: Pass, gate: Gate): Row | undefined {
  for (let row = skipTaken(pass); row !== undefined; row = skipTaken(pass)) {
    if (pass.channel === 'local') return row;
    const host = hostOf(row.address);
    if (!pass.dying && gate.held(host)) waitForNextTry(pass, row);
    else {
      const turn = gate.turnOf(host.toLowerCase(), pass);
      if (turn === 'now' || (turn === 'later' && pass.dying)) return row;
      if (turn === 'aside') setAside(pass, row, host.toLowerCase(), gate);
      else waitForNextTry(pass, row);
    }
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
  pass.from += 1;
  if (most <= 1) return [first];
  const group = [first];
  if (pass.from >= pass.rows.length) return group;
  pass.byHost ??= rowsByHost(pass.rows);
  const same = pass.byHost.get(hostOf(first.address).toLowerCase());
  while (same !== undefined && group.length < most) {
    const row = same.pop();
    if (row === undefined) break;
    // Those before it that still wait stand aside.
    if (row.state !== 'waiting' || row.index < first.index) continue;
    row.state = 'running';
    group.push(row);
  }
  return group;
}

/** The rows of each host (in lower case), the last one first. */
function rowsByHost(rows: readonly Row[]): Map<ByteString, Row[]> {
  const byHost = new Map<ByteString, Row[]>();
  for (let i = rows.length - 1; i >= 0; i -= 1) {
    const row = rows[i] as Row;
    const host = hostOf(row.address).toLowerCase();
    const same = byHost.get(host);
    if (same === undefined) byHost.set(host, [row]);
    else same.push(row);
  }
  return byHost;
}

/** Another window of recipients may be read: not too many of those before it wait aside. */
export function isRoomAside(pass: Pass): boolean {
  return pass.asideRows < mostAside;
}

/** The same of those that wait aside for one host. */
export function takeAside(pass: Pass, host: ByteString, most: number): readonly Row[] {
  const rows = pass.aside.get(host) ?? [];
  const group = rows.splice(0, Math.max(1, most));
  pass.asideRows -= group.length;
  if (rows.length === 0) pass.aside.delete(host);
  for (const row of group) row.state = 'running';
  return group;
}

export function hasWaiting(pass: Pass): boolean {
  return pass.aside.size > 0 || skipTaken(pass) !== undefined;
}
