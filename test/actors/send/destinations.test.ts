/** Which remote hosts count as slow, and whose turn it is among those that wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Destinations } from '../../../src/actors/send/destinations.js';
import type { Pass } from '../../../src/actors/send/job.js';
import { FakeClock } from '../../support/fake-clock.js';

function house(free: number): { readonly clock: FakeClock; readonly hosts: Destinations; deliver: Deliver } {
  const clock = new FakeClock(1_700_000_000, async () => undefined);
  const hosts = new Destinations(clock, { free: () => free, most: () => 20 });
  let last = 0;
  const deliver: Deliver = async (host, seconds, delivered = true) => {
    last += 1;
    hosts.begun(host, last);
    await clock.advance(seconds);
    hosts.ended(host, last, delivered);
  };
  return { clock, hosts, deliver };
}

type Deliver = (host: string, seconds: number, delivered?: boolean) => Promise<void>;

/** A pass is only kept and handed out. */
const pass = (name: string): Pass => ({ name }) as unknown as Pass;

test('what fails at once does not make its host a quick one', async () => {
  const { hosts, deliver } = house(1);
  await deliver('usual.example', 1);
  await deliver('closed.example', 0, false);
  hosts.begun('usual.example', 100);
  assert.equal(hosts.turnOf('usual.example'), 'now', 'nobody is quicker');
  await deliver('quick.example', 0.001);
  assert.equal(hosts.turnOf('usual.example'), 'aside');
});

test('a failure that took its time counts', async () => {
  const { hosts, deliver } = house(1);
  await deliver('quick.example', 0.001);
  await deliver('late.example', 3, false);
  hosts.begun('late.example', 100);
  assert.equal(hosts.turnOf('late.example'), 'aside');
});

test('a slow host whose mail was taken back does not take the turn of those that wait', async () => {
  const { hosts, deliver } = house(1_000);
  for (let n = 0; n < 100; n += 1) {
    await deliver(`gone${n}.example`, 1);
    hosts.setAside(`gone${n}.example`, pass(`gone${n}`));
    hosts.takeBack(`gone${n}.example`, pass('another'));
    assert.equal(hosts.aside, 1, 'only the pass itself is taken back');
    const own = hosts.next(() => true)?.pass;
    assert.ok(own);
    hosts.takeBack(`gone${n}.example`, own);
    assert.equal(hosts.aside, 0);
  }
  await deliver('waits.example', 1);
  const waits = pass('waits');
  hosts.setAside('waits.example', waits);
  hosts.setAside('waits.example', waits);
  assert.equal(hosts.aside, 1, 'counted once');
  assert.deepEqual(
    hosts.next(() => true),
    { pass: waits, host: 'waits.example' },
  );
  assert.equal(
    hosts.next((one) => one !== waits),
    undefined,
  );
});

test('hosts with mail aside take turns, and those that may not begin are passed over', async () => {
  const { hosts, deliver } = house(2);
  await deliver('quick.example', 0.001);
  for (const host of ['a.example', 'b.example', 'c.example']) {
    await deliver(host, 3);
    hosts.setAside(host, pass(host));
  }
  // It has as many deliveries at work as it leaves free.
  hosts.begun('b.example', 200);
  hosts.begun('b.example', 201);
  const turns = Array.from({ length: 4 }, () => hosts.next(() => true)?.host);
  assert.deepEqual(turns, ['a.example', 'c.example', 'a.example', 'c.example']);
});
