/** Spare descriptors: each thread that listens gets its own, and a node without any left ends instead of going deaf. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InheritedSockets } from '../../src/actors/inherited-sockets.js';

test('sets are handed out once; without one left the node must end', () => {
  const sockets = new InheritedSockets([{ fds: [5, 6, 7] }, { fds: [8, 9, 10, 11] }]);
  assert.equal(sockets.take(), 0);
  assert.deepEqual(sockets.afterEnd([0]), { tag: 'again', afterMs: 100, set: 1 });
  assert.deepEqual(sockets.afterEnd([0, 90_000]), { tag: 'again', afterMs: 100, set: 2 });
  const last = sockets.afterEnd([0, 90_000, 180_000]);
  assert.deepEqual(last, { tag: 'end', why: 'ended, and no inherited sockets are left for another' });
  assert.equal(sockets.take(), undefined);
});

test('a thread that keeps failing ends the node and uses no set up', () => {
  const sockets = new InheritedSockets([{ fds: [5, 6] }]);
  assert.deepEqual(sockets.afterEnd([0, 1, 2, 3, 4]), { tag: 'end', why: 'keeps failing' });
  assert.equal(sockets.take(), 0);
});

test('a node without listeners never runs out', () => {
  const sockets = new InheritedSockets([]);
  for (let set = 0; set < 50; set++) assert.equal(sockets.take(), set);
});
