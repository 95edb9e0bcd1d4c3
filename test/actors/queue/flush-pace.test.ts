/** What the status tells of a slow disk: a flush under way, the last one, and after a while none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlushPace } from '../../../src/actors/queue/flush-pace.js';

test('a flush is measured once for all who wait for it', () => {
  const pace = new FlushPace();
  assert.equal(pace.ms(50_000), 0);
  pace.begin(100);
  pace.begin(150);
  assert.equal(pace.ms(1_100), 1_000, 'the one under way');
  pace.end(2_100);
  pace.end(2_100.5);
  assert.equal(pace.ms(3_000), 2_000, 'the last one');
  assert.equal(pace.ms(20_000), 0, 'it was long ago');
});

test('who came during a flush waits for the next', () => {
  const pace = new FlushPace();
  pace.begin(0);
  pace.begin(500);
  pace.end(1_000);
  assert.equal(pace.ms(1_200), 1_000);
  pace.end(1_400);
  assert.equal(pace.ms(1_500), 400);
});
