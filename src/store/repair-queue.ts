/**
 * Puts right what no message can suffer from, in a stopped queue whose records can all be read: records that belong to no
 * message go, and a schedule that disagrees with the messages' own times follows them. One transaction. What is damaged
 * or missing otherwise stays as it is. The caller holds the queue's lock and has had it checked.
 */
import type { RootDatabase } from 'lmdb';
import type { Finding } from './check/finding.js';
import { open } from './lmdb/binding.js';
import { type BlockDb, type DueKey, type Layout, openLayout, peek } from './lmdb/layout.js';
import { isSealed } from './lmdb/seal.js';
import { decodeState } from './lmdb/state-records.js';

export interface Repaired {
  readonly removed: number;
  /** Schedule entries that were missing: without them their messages would never be tried again. */
  readonly added: number;
}

/** One octet, as every entry of the schedule has. */
const nothing = Buffer.from([0]);

/** Whether a queue with these findings may be written to at all. */
export function mayRepair(findings: readonly Finding[]): boolean {
  return findings.every(({ kind }) => kind === 'stray' || kind === 'missing');
}

export async function repairQueue(dir: string): Promise<Repaired> {
  const root = open({ path: dir, overlappingSync: false, encoding: 'binary', cache: false, maxDbs: 16 }) as RootDatabase<
    Buffer,
    string
  >;
  try {
    const layout = openLayout(root);
    const removals = strays(layout);
    const wanted = missingDue(layout);
    await root.batch(() => {
      for (const remove of removals) remove();
      for (const key of wanted) void layout.due.put(key, nothing);
    });
    return { removed: removals.length, added: wanted.length };
  } finally {
    await root.close();
  }
}

/** The removals of everything that check/stray-check.ts finds. */
function strays(layout: Layout): (() => void)[] {
  const { mess, info, rcpt, routed, done, bounce, due, file } = layout;
  const isQueued = (id: number): boolean => peek(mess, id) !== undefined;
  const removals: (() => void)[] = [];
  for (const id of info.getKeys()) if (!isQueued(id)) removals.push(() => void info.remove(id));
  for (const db of [rcpt, routed, done, bounce] satisfies BlockDb[]) {
    for (const key of db.getKeys()) if (!isQueued(key[0])) removals.push(() => void db.remove(key));
  }
  for (const key of due.getKeys()) {
    const [channel, time, id] = key;
    if (timesOf(layout, id)?.[channel === 0 ? 'local' : 'remote'] !== time) removals.push(() => void due.remove(key));
  }
  for (const { key, value } of file.getRange()) {
    const id = value.length < 16 ? 0 : value.readDoubleLE(8);
    if (isSealed(value, 'file', id, 0) && !isQueued(id)) removals.push(() => void file.remove(key));
  }
  return removals;
}

function missingDue(layout: Layout): DueKey[] {
  const missing: DueKey[] = [];
  for (const id of layout.info.getKeys()) {
    const times = peek(layout.mess, id) === undefined ? undefined : timesOf(layout, id);
    for (const [place, time] of [
      [0, times?.local],
      [1, times?.remote],
    ] as const) {
      if (time !== undefined && peek(layout.due, [place, time, id]) === undefined) missing.push([place, time, id]);
    }
  }
  return missing;
}

function timesOf({ info }: Layout, id: number): ReturnType<typeof decodeState> | undefined {
  const record = peek(info, id);
  return record !== undefined && isSealed(record, 'state', id, 0) ? decodeState(record) : undefined;
}
