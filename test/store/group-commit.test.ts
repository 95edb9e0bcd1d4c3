/** The commit loop by itself: what may wait, what goes together, and what becomes of changes that fail alone or all together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Batch, DamagedRecord } from '../../src/store/lmdb/batch.js';
import { type Change, GroupCommit } from '../../src/store/lmdb/group-commit.js';
import { StoreError } from '../../src/store/queue-store.js';

const mebibyte = 1_048_576;

/** A loop whose flushes end when the test says so; every batch is the names of its changes. */
class House {
  readonly batches: string[][] = [];
  readonly told: string[] = [];
  readonly damages: number[] = [];
  most = 1_000;
  readonly commit: GroupCommit;
  #flush: { done(): void; fail(error: Error): void } | undefined;
  #begun: (() => void) | undefined;

  constructor() {
    this.commit = new GroupCommit({
      room: async () => this.most,
      newBatch: () => {
        const names: string[] = [];
        const emit = (): Promise<void> => {
          this.batches.push(names);
          this.#begun?.();
          return new Promise((settle, reject) => {
            this.#flush = { done: settle, fail: reject };
          });
        };
        return { tally: {}, names, emit } as unknown as Batch;
      },
      committed: () => this.told.push('flushed'),
      damaged: ({ id }) => this.damages.push(id),
    });
  }

  add(name: string, octets = 0, build?: () => void): void {
    const change: Change = {
      step: 'other',
      octets,
      lazy: false,
      build: (batch) => {
        build?.();
        (batch as unknown as { names: string[] }).names.push(name);
      },
      settle: () => this.told.push(name),
      fail: (error) => this.told.push(`${name}: ${error instanceof StoreError ? why(error) : String(error)}`),
    };
    this.commit.add(change);
  }

  /** Resolves when a flush with the number is under way. */
  async under(number: number): Promise<void> {
    while (this.batches.length < number) {
      await new Promise<void>((begun) => {
        this.#begun = begun;
      });
    }
  }

  flushed(): void {
    this.#flush?.done();
  }

  broken(): void {
    this.#flush?.fail(new Error('EIO'));
  }

  /** Ends flush after flush until all is settled. */
  async end(): Promise<void> {
    let ended = false;
    const closed = this.commit.close().then(() => {
      ended = true;
    });
    while (!ended) {
      this.flushed();
      await new Promise((turn) => setImmediate(turn));
    }
    await closed;
  }
}

const why = ({ trouble }: StoreError): string => trouble.why;

test('64 MiB may wait for a flush, one message in any case, and changes without octets beyond that', async () => {
  const house = new House();
  house.add('large', 100 * mebibyte);
  assert.equal(house.commit.refusal(1)?.why, 'full');
  house.add('refused', 1);
  house.add('mark');
  assert.deepEqual(house.told, ['refused: full']);
  await house.under(1);
  house.flushed();
  await house.under(2);
  assert.deepEqual(house.batches, [['large'], ['mark']], 'more than 16 MiB is a batch of its own');
  for (let n = 0; n < 64; n += 1) house.add(`m${n}`, mebibyte);
  assert.equal(house.commit.refusal(1)?.why, 'full');
  assert.equal(house.commit.refusal(0), undefined);
  await house.end();
  assert.deepEqual(
    house.batches.slice(2).map((batch) => batch.length),
    [16, 16, 16, 16],
  );
  assert.equal(house.told.filter((name) => name.startsWith('m')).length, 65);
});

test('100,000 changes may wait, of whatever kind', async () => {
  const house = new House();
  house.most = 200_000;
  for (let n = 0; n < 100_000; n += 1) house.add('mark');
  assert.equal(house.commit.refusal(0)?.why, 'full');
  await house.end();
  assert.deepEqual(
    house.batches.map((batch) => batch.length),
    [100_000],
  );
});

test('a batch holds no more changes than there is room for, and they keep their order', async () => {
  const house = new House();
  house.most = 2;
  for (const name of ['a', 'b', 'c', 'd', 'e']) house.add(name);
  await house.under(1);
  assert.deepEqual(house.told, [], 'nothing is settled before its flush');
  house.flushed();
  await house.under(2);
  assert.deepEqual(house.told, ['flushed', 'a', 'b']);
  await house.end();
  assert.deepEqual(house.batches, [['a', 'b'], ['c', 'd'], ['e']]);
});

test('a change that contradicts itself fails alone, one that meets damage is told and dropped', async () => {
  const house = new House();
  house.add('good');
  house.add('wrong', 0, () => {
    throw new RangeError('no such recipient');
  });
  house.add('damaged', 0, () => {
    throw new DamagedRecord(7, 'fails its checksum');
  });
  await house.end();
  assert.deepEqual(house.batches, [['good']]);
  assert.deepEqual(house.told, ['wrong: RangeError: no such recipient', 'damaged', 'flushed', 'good']);
  assert.deepEqual(house.damages, [7]);
});

test('a flush that fails ends the loop: what was in it, what waits and what comes is refused', async () => {
  const house = new House();
  house.most = 1;
  house.add('first');
  house.add('waits', mebibyte);
  await house.under(1);
  house.broken();
  await house.end();
  house.add('comes');
  assert.deepEqual(house.told, ['first: failed', 'waits: failed', 'comes: failed']);
  assert.equal(house.batches.length, 1);
  assert.match(house.commit.over?.text ?? '', /EIO/);
});

test('a loop that closes ends what was added and takes nothing more', async () => {
  const house = new House();
  house.add('last');
  const ended = house.end();
  house.add('late');
  await ended;
  assert.deepEqual(house.told, ['late: closed', 'flushed', 'last']);
  await house.commit.close();
});
