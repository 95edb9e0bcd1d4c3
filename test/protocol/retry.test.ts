/** Retry times: the table of the specification, and the formula as properties. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Channel } from '../../src/protocol/mail.js';
import { integerSqrt, isDying, lastOutcome, lifetimeText, nextTry } from '../../src/protocol/retry.js';

const birth = 1_795_000_000;
const week = 604_800;

/** Ages of all attempts when each is made exactly on time, up to and with the dying one. */
function attempts(channel: Channel): number[] {
  const ages = [0];
  for (let age = 0; !isDying(birth, birth + age, week); ages.push(age)) age = nextTry(birth, birth + age, channel) - birth;
  return ages;
}

test('local attempts: k-th at (10k)², 78 within a week, the 79th is the last', () => {
  const ages = attempts('local');
  assert.deepEqual(ages.slice(0, 6), [0, 100, 400, 900, 1600, 2500]);
  assert.equal(ages.length, 79);
  assert.deepEqual(ages.slice(-2), [592_900, 608_400]);
});

test('remote attempts: k-th at (20k)², 39 within a week, the 40th is the last', () => {
  const ages = attempts('remote');
  assert.deepEqual(ages.slice(0, 6), [0, 400, 1600, 3600, 6400, 10_000]);
  assert.equal(ages.length, 40);
  assert.deepEqual(ages.slice(-2), [577_600, 608_400]);
});

test('the next try lies in the future, and a birth in the future counts as age 0', () => {
  fc.assert(
    fc.property(fc.nat(2_000_000_000), fc.integer({ min: -1000, max: 10_000_000 }), (born, age) => {
      for (const channel of ['local', 'remote'] as const) {
        const next = nextTry(born, born + age, channel);
        assert.ok(next > born + age);
        if (age <= 0) assert.equal(next, born + (channel === 'local' ? 100 : 400));
      }
    }),
  );
});

test('integer square root is exact', () => {
  fc.assert(
    fc.property(fc.nat(94_906_264), (root) => {
      assert.equal(integerSqrt(root * root), root);
      assert.equal(integerSqrt(root * root + 2 * root), root);
      if (root > 0) assert.equal(integerSqrt(root * root - 1), root - 1);
    }),
  );
  for (const x of [-5, 0, 0.5, Number.NaN]) assert.equal(integerSqrt(x), 0);
  assert.equal(integerSqrt(Number.MAX_SAFE_INTEGER), 94_906_265);
});

test('a message dies one second after its lifetime, with qmail words', () => {
  assert.equal(isDying(birth, birth + week, week), false);
  assert.equal(isDying(birth, birth + week + 1, week), true);
  assert.deepEqual(lastOutcome({ status: 'Z', text: 'not now\n' }), { status: 'D', text: `not now\n${lifetimeText}` });
  const done = { status: 'K', text: 'ok\n' } as const;
  assert.equal(lastOutcome(done), done);
});
