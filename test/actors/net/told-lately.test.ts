/** What goes on is told once in a while, however many texts somebody makes the server say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToldLately } from '../../../src/actors/net/told-lately.js';

test('the same is told once in ten minutes; of many different ones a hundred and one', () => {
  const told = new ToldLately();
  assert.equal(told.tell('a', 0), 'a');
  assert.equal(told.tell('a', 599_999), undefined);
  assert.equal(told.tell('b', 599_999), 'b');
  assert.equal(told.tell('a', 600_000), 'a');
  assert.equal(told.tell('b', 600_000), undefined);
  const many = (now: number) =>
    Array.from({ length: 10_000 }, (_, n) => told.tell(`x${n}`, now)).filter((line) => line !== undefined);
  const first = many(2_000_000);
  assert.equal(first.length, 101);
  assert.match(first.at(-1) ?? '', /^x100 \(and more of this kind/);
  assert.equal(many(2_000_001).length, 0);
  assert.equal(many(2_600_000).length, 101);
});
