/** Counts that several front threads share: totals, a thread that died, addresses that are never counted too low. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Admission, type Guest } from '../../src/actors/net/admission.js';
import { HouseCounts, houseMemory } from '../../src/actors/net/house-counts.js';

const limits = { most: 3, mostPerAddress: 2, idleMs: 30, mostWaiting: 4 };

interface Seen extends Guest {
  readonly told: string[];
}

function guest(address: string): Seen {
  const told: string[] = [];
  const tell = (what: string) => (): void => void told.push(what);
  return { address, progress: 0, told, evict: tell('evict'), admit: tell('admit'), reject: (why) => void told.push(why) };
}

function twoThreads(): readonly [Admission, Admission] {
  const shared = houseMemory(2);
  return [new Admission(limits, new HouseCounts(shared, 0, 0)), new Admission(limits, new HouseCounts(shared, 1, 0))];
}

test('the bounds on all and on each address hold for both threads together', () => {
  const [one, other] = twoThreads();
  const told: string[][] = [];
  const come = (at: Admission, address: string): Seen => {
    const seen = guest(address);
    at.arrive(seen, 0);
    told.push(seen.told);
    return seen;
  };
  const first = come(one, '192.0.2.1');
  come(other, '192.0.2.1');
  come(one, '192.0.2.1');
  come(other, '192.0.2.2');
  const waits = come(other, '192.0.2.3');
  assert.deepEqual(told, [['admit'], ['admit'], ['address'], ['admit'], []]);
  for (let n = 4; n < 7; n += 1) come(n % 2 === 0 ? one : other, `192.0.2.${n}`);
  come(one, '192.0.2.9');
  assert.deepEqual(told.at(-1), ['crowd'], 'four wait at both together');
  one.left(first, 1);
  // The place is free at the thread that it was left at; the other one finds it when it looks.
  other.makeRoom(1);
  assert.equal(waits.told.length + (told[5]?.length ?? 0), 1, 'one place, one that waited');
});

test('an idle guest makes room for one that waits at the other thread', () => {
  const [one, other] = twoThreads();
  const idle = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(guest);
  for (const seen of idle) one.arrive(seen, 0);
  const waits = guest('192.0.2.4');
  other.arrive(waits, 5);
  one.makeRoom(10);
  assert.deepEqual(idle[0]?.told, ['admit'], 'not idle for long');
  one.makeRoom(40);
  assert.deepEqual(idle[0]?.told, ['admit', 'evict']);
  other.makeRoom(41);
  assert.deepEqual(waits.told, ['admit']);
  one.makeRoom(42);
  assert.deepEqual(idle[1]?.told, ['admit'], 'nobody waits any more');
});

test('what a thread held that died is forgotten by its successor, and nothing else', () => {
  const shared = houseMemory(2);
  const [dead, alive] = [new HouseCounts(shared, 0, 3), new HouseCounts(shared, 1, 3)];
  for (const counts of [dead, alive]) {
    assert.ok(counts.enter(10));
    counts.wait(1);
    counts.countAddress('192.0.2.1', 1);
  }
  assert.deepEqual([alive.held, alive.waiting, alive.ofAddress('192.0.2.1')], [2, 2, 2]);
  HouseCounts.clear(shared, 0);
  assert.deepEqual([alive.held, alive.waiting, alive.ofAddress('192.0.2.1')], [1, 1, 1]);
  assert.equal(new HouseCounts(shared, 0, 2).held, 0, 'another listener');
});

test('no address is counted too low, and hardly one too high', () => {
  const ip = fc.ipV4();
  fc.assert(
    fc.property(fc.array(ip, { maxLength: 300 }), fc.array(ip, { maxLength: 50 }), (come, others) => {
      const shared = houseMemory(2);
      const counts = [new HouseCounts(shared, 0, 0), new HouseCounts(shared, 1, 0)] as const;
      const real = new Map<string, number>();
      for (const [at, address] of come.entries()) {
        (counts[at % 2] ?? counts[0]).countAddress(address, 1);
        real.set(address, (real.get(address) ?? 0) + 1);
      }
      let tooHigh = 0;
      for (const address of [...real.keys(), ...others]) {
        const counted = counts[0].ofAddress(address);
        assert.ok(counted >= (real.get(address) ?? 0), address);
        if (counted > (real.get(address) ?? 0)) tooHigh += 1;
      }
      assert.ok(tooHigh <= 5, `${tooHigh} too high`);
    }),
    { numRuns: 30 },
  );
});
