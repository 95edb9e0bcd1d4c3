/** The table of hosts that did not answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeadHosts, silentSeconds } from '../../src/protocol/dead-hosts.js';

const host = '192.0.2.1';

test('two timeouts two minutes apart silence an address for 64 to 97 minutes', () => {
  const table = new DeadHosts();
  assert.equal(table.timedOut(host, 1000), true);
  assert.equal(table.isDead(host, 1000, 0), false);
  assert.equal(table.timedOut(host, 1119), false);
  assert.equal(table.isDead(host, 1119, 0), false);
  assert.equal(table.timedOut(host, 1120), true);
  assert.equal(table.isDead(host, 1120, 0), true);
  assert.deepEqual([silentSeconds(0), silentSeconds(31)], [3840, 5824]);
  assert.equal(table.isDead(host, 1120 + 3839, 0), true);
  assert.equal(table.isDead(host, 1120 + 3840, 0), false);
  assert.equal(table.isDead(host, 1120 + 5823, 31), true);
  assert.equal(table.isDead(host, 1120 + 5824, 31), false);
  assert.equal(table.isDead('192.0.2.2', 1120, 0), false);
});

test('a success clears the address, so does qmail-tcpok', () => {
  const table = new DeadHosts();
  assert.equal(table.reached(host), false);
  for (const now of [0, 200]) table.timedOut(host, now);
  assert.equal(table.reached(host), true);
  assert.equal(table.isDead(host, 200, 31), false);
  for (const now of [300, 500]) table.timedOut(host, now);
  table.clear();
  assert.deepEqual(table.entries(), []);
});

test('the count stops at ten; after its silence one more timeout silences again', () => {
  const table = new DeadHosts();
  for (let now = 0; now < 3000; now += 120) table.timedOut(host, now);
  assert.deepEqual(table.entries(), [{ address: host, count: 10, when: 2880 }]);
  assert.equal(table.isDead(host, 10_000, 0), false);
  table.timedOut(host, 10_000);
  assert.equal(table.isDead(host, 10_001, 0), true);
});

test('a clock set back does not silence anybody', () => {
  const table = new DeadHosts();
  for (const now of [10_000, 10_200]) table.timedOut(host, now);
  assert.equal(table.isDead(host, 5000, 31), false);
  assert.equal(table.timedOut(host, 5000), true);
});

test('full: the entry with the smallest when + 1024 a count makes room', () => {
  const table = new DeadHosts(2);
  for (const now of [0, 200]) table.timedOut('a', now);
  table.timedOut('b', 1000);
  table.timedOut('c', 1100);
  assert.deepEqual(
    table.entries().map(({ address }) => address),
    ['a', 'c'],
  );
  table.timedOut('d', 1300);
  assert.deepEqual(
    table.entries().map(({ address }) => address),
    ['a', 'd'],
  );
});

test('entries survive being kept and restored, within the capacity', () => {
  const table = new DeadHosts();
  for (const now of [0, 200]) table.timedOut(host, now);
  table.timedOut('::1', 300);
  const again = new DeadHosts(1);
  again.restore([{ address: 'x', count: 0, when: 5 }, ...table.entries()]);
  assert.deepEqual(again.entries(), [{ address: host, count: 2, when: 200 }]);
});

test('never more entries than the capacity', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (addresses, capacity) => {
      const table = new DeadHosts(capacity);
      for (const [now, address] of addresses.entries()) table.timedOut(String(address), now * 60);
      assert.ok(table.entries().length <= capacity);
    }),
  );
});
