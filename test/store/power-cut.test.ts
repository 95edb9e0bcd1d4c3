/**
 * The power is cut at 200 places of a recorded run: from all that the process wrote only what it had flushed is left, and of the
 * rest what chance leaves, in sectors. Every promise made until then holds in the queue that opens afterwards. And the proof
 * that this notices a queue which promises before it flushes.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { folder } from './fixture.js';
import { DiskImage } from './power-cut/disk-image.js';
import { type DiskEvent, diskEvents, recordedCalls, recordOptions } from './power-cut/disk-record.js';
import { broken, promisesUntil } from './power-cut/promises.js';
import { noStrace } from './strace.js';

const notHere = noStrace();
const program = fileURLToPath(new URL('./power-cut/program.js', import.meta.url));
const points = 200;

/** A run of that many messages, and all that it did to its disk. */
async function recorded(t: TestContext, messages: number, mode: string): Promise<{ events: DiskEvent[]; dir: string }> {
  const place = folder(t);
  const [dir, output] = [join(place, 'queue'), join(place, 'calls')];
  mkdirSync(dir, { mode: 0o700 });
  ballast(dir);
  const args = [...recordOptions, '-o', output, '-e', `trace=${recordedCalls}`, process.execPath, program];
  const child = spawn('strace', [...args, dir, String(messages), mode], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  return { events: diskEvents(readFileSync(output, 'latin1'), `${dir}/`), dir };
}

/** The queue would write one: a megabyte that no test looks at. */
function ballast(dir: string): void {
  writeFileSync(join(dir, 'ballast'), Buffer.alloc(1_048_576, 0x2e), { mode: 0o600 });
}

/** A folder in memory where there is such a thing: flushes of what was put together after the cut prove nothing. */
function quickFolder(t: TestContext): string {
  try {
    const dir = mkdtempSync('/dev/shm/tqmail-store-');
    t.after(() => rmSync(dir, { recursive: true }));
    return dir;
  } catch {
    return folder(t);
  }
}

/** Numbers from 0 to 1 that are the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Cuts at each of the places, and what was broken after it. */
async function cutAt(t: TestContext, record: { events: DiskEvent[]; dir: string }, places: readonly number[]): Promise<string[]> {
  const image = new DiskImage(record.events, `${record.dir}/`);
  const said = record.events.filter((event) => event.kind === 'said');
  const faults: string[] = [];
  const base = quickFolder(t);
  ballast(base);
  for (const [at, place] of places.entries()) {
    const dir = join(base, `${at}`);
    mkdirSync(dir, { mode: 0o700 });
    const draw = chance(at);
    // Nothing that was not flushed, all of it, or by chance.
    const share = [0, 1, 0.5][at % 3] as number;
    image.write(`${dir}/`, { place, keeps: () => draw() < share });
    linkSync(join(base, 'ballast'), join(dir, 'ballast'));
    try {
      const store = await openLmdbQueue({ dir, queuereserve: 0 });
      for (const fault of broken(store, promisesUntil(said, place))) faults.push(`cut ${at} at ${place}, ${share}: ${fault}`);
      await store.close();
    } catch (error) {
      faults.push(`cut ${at} at ${place}, ${share}: ${String(error)}`);
    }
    rmSync(dir, { recursive: true });
  }
  return faults;
}

/** Places spread over the run, half of them right behind a promise. */
function placesOf(events: readonly DiskEvent[], count: number): number[] {
  const said = events.filter((event) => event.kind === 'said').map(({ over }) => over);
  const first = said[0] ?? 0;
  const all = events.map(({ over }) => over).filter((over) => over >= first);
  const spread = (list: readonly number[], many: number): number[] =>
    Array.from({ length: many }, (_, n) => list[Math.floor((n * list.length) / many)] ?? first);
  return [...spread(said, count / 2), ...spread(all, count / 2)];
}

test(`after ${points} power cuts every promise holds`, async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const record = await recorded(t, 90, '');
  const kinds = new Map<string, number>();
  for (const { kind } of record.events) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  t.diagnostic(JSON.stringify(Object.fromEntries(kinds)));
  assert.ok((kinds.get('flush') ?? 0) > 20 && (kinds.get('said') ?? 0) > 150, 'the run was recorded');
  assert.deepEqual(await cutAt(t, record, placesOf(record.events, points)), []);
});

test('a queue that promises before it flushes is caught', async (t) => {
  if (notHere !== undefined) return t.diagnostic(notHere);
  const record = await recorded(t, 15, 'early');
  const faults = await cutAt(t, record, placesOf(record.events, 30));
  assert.ok(
    faults.some((fault) => fault.endsWith('is lost')),
    faults.join('\n'),
  );
});
