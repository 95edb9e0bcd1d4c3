/**
 * When a parent takes its node for stalled: looks are counted, not time, and none while the node is stopped.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodePulse } from '../../src/cli/start/node-pulse.js';

const looks = (pulse: NodePulse, count: number, stopped = false): boolean[] =>
  Array.from({ length: count }, () => pulse.look(stopped, 3));

test('a node without a sign for three looks is stalled, once it was ready', () => {
  const pulse = new NodePulse();
  pulse.begin();
  assert.ok(!looks(pulse, 30).includes(true), 'a start may take ten times as long');
  assert.deepEqual(looks(pulse, 1), [true]);
  pulse.ready();
  assert.deepEqual(looks(pulse, 3), [false, false, false]);
  pulse.heard();
  assert.deepEqual(looks(pulse, 4), [false, false, false, true]);
});

test('a node that a signal holds is not stalled', () => {
  const pulse = new NodePulse();
  pulse.ready();
  assert.deepEqual(looks(pulse, 2), [false, false]);
  assert.ok(!looks(pulse, 100, true).includes(true));
  assert.deepEqual(looks(pulse, 2), [false, true]);
});
