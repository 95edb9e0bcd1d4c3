/** Which recipient of a pass goes next: who may have no slot now is set aside or deferred, except in a message's last pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Turn } from '../../../src/actors/send/destinations.js';
import { Job, type Row } from '../../../src/actors/send/job.js';
import { type Gate, hasWaiting, openPass, takeAside, takeGroup } from '../../../src/actors/send/pass.js';
import type { MessageHead } from '../../../src/store/queue-store.js';

const now = 1_700_000_000;
const addresses = ['a@slow.test', 'b@quick.test', 'c@SLOW.test', 'd@held.test', 'e@quick.test'];

function opened(dying: boolean) {
  const rows = addresses.map((address, index): Row => ({ index, channel: 'remote', address, state: 'waiting' }));
  const head = { id: 1, birth: now, recipientCount: rows.length } as MessageHead;
  return openPass({ job: new Job(head, rows, false), channel: 'remote', now, dying, many: false, rows });
}

/** What the gate says of slow.test; held.test is held. */
const gate = (slow: Turn): Gate => ({
  held: (host) => host === 'held.test',
  turnOf: (host) => (host === 'slow.test' ? slow : 'now'),
  setAside: () => undefined,
});

function taken(pass: ReturnType<typeof opened>, slow: Turn, most = 1): string[][] {
  const groups: string[][] = [];
  for (let group = takeGroup(pass, most, gate(slow)); group.length > 0; group = takeGroup(pass, most, gate(slow)))
    groups.push(group.map(({ address }) => address));
  return groups;
}

test('with no room aside a slow host waits for its next try, and so does one that is held', () => {
  const pass = opened(false);
  assert.deepEqual(taken(pass, 'later'), [['b@quick.test'], ['e@quick.test']]);
  assert.equal(pass.deferred, 3);
  assert.equal(hasWaiting(pass), false);
});

test('in the last pass there is no next try: every recipient is tried before it bounces', () => {
  const pass = opened(true);
  assert.deepEqual(taken(pass, 'later').flat(), addresses);
  assert.equal(pass.deferred, 0);
});

test('recipients aside are waited for, and come together, whatever the case of their host', () => {
  for (const dying of [false, true]) {
    const pass = opened(dying);
    assert.equal(taken(pass, 'aside', 10).flat().includes('a@slow.test'), false);
    assert.ok(hasWaiting(pass));
    const group = takeAside(pass, 'slow.test', 10);
    assert.deepEqual(
      group.map(({ address, state }) => `${address} ${state}`),
      ['a@slow.test running', 'c@SLOW.test running'],
    );
    assert.equal(hasWaiting(pass), false);
    assert.equal(pass.deferred, dying ? 0 : 1, 'the held one alone');
  }
});

test('as many of one host as may share a transaction', () => {
  assert.deepEqual(taken(opened(true), 'now', 2), [
    ['a@slow.test', 'c@SLOW.test'],
    ['b@quick.test', 'e@quick.test'],
    ['d@held.test'],
  ]);
});
