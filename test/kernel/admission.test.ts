/** Who may hold a connection of a listener: places, limits an address, and idle guests that make room. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, type AdmissionLimits, type Guest } from '../../src/actors/net/admission.js';

class Caller implements Guest {
  readonly address: string;
  progress = 0;
  readonly heard: string[] = [];
  constructor(address: string) {
    this.address = address;
  }
  evict(): void {
    this.heard.push('leave');
  }
  admit(): void {
    this.heard.push('come in');
  }
  reject(why: string): void {
    this.heard.push(why);
  }
}

const limits: AdmissionLimits = { most: 2, mostPerAddress: 2, idleMs: 30_000, mostWaiting: 2 };
const arrive = (admission: Admission, address: string, now: number): Caller => {
  const caller = new Caller(address);
  admission.arrive(caller, now);
  return caller;
};

test('as many as there are places come in, the next wait unread, more than that are sent away', () => {
  const admission = new Admission({ ...limits, mostPerAddress: 10 });
  const callers = Array.from({ length: 6 }, (_, n) => arrive(admission, `192.0.2.${n}`, 0));
  assert.deepEqual(
    callers.map(({ heard }) => heard),
    [['come in'], ['come in'], [], [], ['crowd'], ['crowd']],
  );
  assert.deepEqual([admission.admitted, admission.waiting, admission.rejected], [2, 2, 2]);
  admission.left(callers[0] as Caller, 1);
  assert.deepEqual(callers[2]?.heard, ['come in']);
  assert.deepEqual([admission.admitted, admission.waiting], [2, 1]);
});

test('one address holds no more than its share, waiting ones included; loopback is not limited', () => {
  const admission = new Admission({ ...limits, most: 1, mostWaiting: 100 });
  const callers = Array.from({ length: 3 }, () => arrive(admission, '192.0.2.1', 0));
  assert.deepEqual(
    callers.map(({ heard }) => heard),
    [['come in'], [], ['address']],
  );
  admission.left(callers[1] as Caller, 1);
  assert.deepEqual(arrive(admission, '192.0.2.1', 2).heard, []);
  assert.deepEqual(arrive(admission, '192.0.2.1', 2).heard, ['address']);
  for (let n = 0; n < 5; n += 1) assert.deepEqual(arrive(admission, n % 2 === 0 ? '127.0.0.1' : '::1', 3).heard, []);
  assert.equal(admission.waiting, 6);
});

test('a guest that was sent away, or that left twice, takes nobody’s place away', () => {
  const admission = new Admission({ ...limits, most: 1, mostWaiting: 100 });
  const [inside, waiting, refused] = [0, 1, 2].map(() => arrive(admission, '192.0.2.1', 0)) as [Caller, Caller, Caller];
  assert.deepEqual(refused.heard, ['address']);
  admission.left(refused, 1);
  assert.deepEqual(arrive(admission, '192.0.2.1', 1).heard, ['address']);
  admission.left(inside, 2);
  admission.left(inside, 2);
  assert.deepEqual(waiting.heard, ['come in']);
  arrive(admission, '192.0.2.1', 3);
  assert.deepEqual(arrive(admission, '192.0.2.1', 3).heard, ['address']);
});

test('whoever is idle for longest leaves first, and only when others wait', () => {
  const admission = new Admission(limits);
  const first = arrive(admission, '192.0.2.1', 0);
  const second = arrive(admission, '192.0.2.2', 1_000);
  admission.progressed(first, 20_000);
  admission.makeRoom(100_000);
  assert.equal(admission.evicted, 0);
  const third = arrive(admission, '192.0.2.3', 30_999);
  assert.deepEqual(third.heard, []);
  admission.makeRoom(31_000);
  assert.deepEqual(second.heard, ['come in', 'leave']);
  assert.deepEqual(third.heard, ['come in']);
  assert.equal(third.progress, 31_000);
  admission.left(second, 31_001);
  const fourth = arrive(admission, '192.0.2.4', 50_000);
  assert.deepEqual(first.heard, ['come in', 'leave']);
  assert.deepEqual(fourth.heard, ['come in']);
  assert.deepEqual([admission.admitted, admission.waiting, admission.evicted], [2, 0, 2]);
});

test('stale guests are named least recent first; higher limits let the waiting in', () => {
  const admission = new Admission(limits);
  const [a, b, c] = ['1', '2', '3'].map((n) => arrive(admission, `192.0.2.${n}`, Number(n))) as [Caller, Caller, Caller];
  admission.progressed(a, 10);
  assert.deepEqual([...admission.stale(11)], [b, a]);
  assert.deepEqual([...admission.stale(10)], [b]);
  admission.limits = { ...limits, most: 3 };
  admission.makeRoom(12);
  assert.deepEqual(c.heard, ['come in']);
  assert.deepEqual([...admission.all()], [b, a, c]);
});
