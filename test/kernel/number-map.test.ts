/** NumberMap against a Map, with any order of changes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NumberMap } from '../../src/actors/kernel/number-map.js';

const key = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(2 ** 31, 2 ** 32 + 5, 2 ** 40 + 64, 2 ** 53 - 1));

test('it holds what a Map holds', () => {
  const change = fc.record({ key, remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      const model = new Map<number, number>();
      const map = new NumberMap<number>();
      for (const [at, { key, remove }] of changes.entries()) {
        if (remove) assert.equal(map.delete(key), model.delete(key));
        else {
          map.set(key, at);
          model.set(key, at);
        }
        assert.equal(map.size, model.size);
        assert.equal(map.lowest(), model.size === 0 ? undefined : Math.min(...model.keys()));
      }
      for (const { key } of changes) assert.equal(map.get(key), model.get(key));
      const byKey = (one: [number, number], other: [number, number]): number => one[0] - other[0];
      assert.deepEqual([...map.entries()].sort(byKey), [...model].sort(byKey));
      assert.deepEqual(new Set(map.values()), new Set(model.values()));
    }),
    { numRuns: 200 },
  );
});

test('many come and go, some stay, and the lowest is found behind a long gap', () => {
  const map = new NumberMap<string>();
  map.set(3, 'stays');
  for (let key = 10; key < 20_000; key += 1) {
    map.set(key, 'passes');
    if (key >= 5_000) assert.equal(map.delete(key - 4_990), true);
  }
  assert.equal(map.size, 4_991);
  assert.equal(map.get(3), 'stays');
  assert.equal(map.lowest(), 3);
  map.delete(3);
  assert.equal(map.lowest(), 15_010);
  for (let key = 15_010; key < 20_000; key += 1) assert.equal(map.delete(key), true);
  assert.equal(map.size, 0);
  assert.equal(map.lowest(), undefined);
  map.set(7, 'again');
  assert.deepEqual([...map.entries()], [[7, 'again']]);
});
