/**
 * Who may hold a connection: bounds on all and on each address, room made by whoever is idle.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, type Guest } from '../../src/actors/net/admission.js';

interface Seen extends Guest {
  readonly told: string[];
}

function guest(address: string): Seen {
  const told: string[] = [];
  return {
    address,
    progress: 0,
    told,
    evict: () => told.push('evict'),
    admit: () => told.push('admit'),
    reject: (why) => told.push(why),
  };
}

const limits = { most: 2, mostPerAddress: 2, idleMs: 30, mostWaiting: 2 };

test('beyond the bound guests wait, in order; beyond that they are rejected', () => {
  const admission = new Admission(limits);
  const guests = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5'].map(guest);
  for (const one of guests) admission.arrive(one, 0);
  assert.deepEqual(
    guests.map(({ told }) => told),
    [['admit'], ['admit'], [], [], ['crowd']],
  );
  admission.left(guests[1] as Seen, 1);
  assert.deepEqual([guests[2]?.told, guests[3]?.told], [['admit'], []]);
  assert.deepEqual([admission.admitted, admission.waiting, admission.rejected], [2, 1, 1]);
});

test('whoever is idle for long makes room, whoever works does not', () => {
  const admission = new Admission(limits);
  const [busy, idle, next, last] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(guest) as [Seen, Seen, Seen, Seen];
  admission.arrive(busy, 0);
  admission.arrive(idle, 0);
  admission.progressed(busy, 20);
  admission.arrive(next, 29);
  assert.deepEqual([idle.told, next.told], [['admit'], []]);
  admission.makeRoom(30);
  assert.deepEqual([idle.told, next.told], [['admit', 'evict'], ['admit']]);
  admission.arrive(last, 40);
  assert.deepEqual([busy.told, last.told], [['admit'], []]);
});

test('one address holds so many and no more, however often it is rejected; loopback is not counted', () => {
  const admission = new Admission({ ...limits, most: 10 });
  const held = [guest('192.0.2.1'), guest('192.0.2.1')];
  for (const one of held) admission.arrive(one, 0);
  for (let round = 0; round < 3; round++) {
    const further = guest('192.0.2.1');
    admission.arrive(further, 0);
    assert.deepEqual(further.told, ['address'], `round ${round}`);
    // A rejected connection closes too.
    admission.left(further, 0);
  }
  const other = guest('192.0.2.2');
  admission.arrive(other, 0);
  assert.deepEqual(other.told, ['admit']);
  admission.left(held[0] as Seen, 0);
  const again = guest('192.0.2.1');
  admission.arrive(again, 0);
  assert.deepEqual(again.told, ['admit']);
  const local = ['127.0.0.1', '127.0.0.1', '127.0.0.1', '::1'].map(guest);
  for (const one of local) admission.arrive(one, 0);
  assert.ok(local.every(({ told }) => told[0] === 'admit'));
});

test('one that was told to leave counts for its address until it is gone', () => {
  const admission = new Admission({ ...limits, most: 1, mostPerAddress: 1 });
  const idle = guest('192.0.2.1');
  const next = guest('192.0.2.2');
  admission.arrive(idle, 0);
  admission.arrive(next, 30);
  assert.deepEqual([idle.told, next.told], [['admit', 'evict'], ['admit']]);
  const early = guest('192.0.2.1');
  admission.arrive(early, 30);
  assert.deepEqual(early.told, ['address']);
  admission.left(idle, 31);
  admission.left(next, 31);
  const late = guest('192.0.2.1');
  admission.arrive(late, 31);
  assert.deepEqual(late.told, ['admit']);
});
