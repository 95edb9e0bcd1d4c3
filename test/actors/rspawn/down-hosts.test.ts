/** rspawn's table of hosts that are down and the file it shares with commands. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Clock } from '../../../src/actors/kernel/clock.js';
import { DownHosts } from '../../../src/actors/rspawn/down-hosts.js';
import { readDeadHosts, writeDeadHosts } from '../../../src/store/dead-hosts-file.js';

const begin = 1_700_000_000;

function table(t: TestContext): { hosts: DownHosts; queue: string; pass(seconds: number): void } {
  const queue = mkdtempSync(join(tmpdir(), 'tqmail-down-'));
  t.after(() => rmSync(queue, { recursive: true }));
  let now = 0;
  const clock = { monotonic: () => now * 1000, now: () => (begin + now) * 1000 } as unknown as Clock;
  return {
    hosts: new DownHosts(queue, clock),
    queue,
    pass: (seconds) => {
      now += seconds;
    },
  };
}

test('what deliveries meet with is in the file, and a start forgets it', (t) => {
  const { hosts, queue, pass } = table(t);
  hosts.learn(['192.0.2.1', '2001:db8::1'], undefined);
  pass(130);
  hosts.learn(['192.0.2.1'], '2001:db8::1');
  assert.deepEqual(hosts.addresses(), ['192.0.2.1']);
  assert.deepEqual(readDeadHosts(queue), [{ address: '192.0.2.1', count: 2, when: begin + 130 }]);
  hosts.clear();
  assert.deepEqual([hosts.addresses(), readDeadHosts(queue)], [[], []]);
});

test('what a command writes counts a second later', (t) => {
  const { hosts, queue, pass } = table(t);
  hosts.learn(['192.0.2.1'], undefined);
  assert.deepEqual(hosts.addresses(), []);
  writeDeadHosts(queue, [{ address: '192.0.2.1', count: 2, when: begin }]);
  pass(1);
  assert.deepEqual(hosts.addresses(), ['192.0.2.1']);
  writeDeadHosts(queue, []);
  pass(1);
  assert.deepEqual(hosts.addresses(), []);
});

test('a folder that cannot be used costs the sharing alone', (t) => {
  const { hosts, queue, pass } = table(t);
  const lost = new DownHosts(join(queue, 'none'), { monotonic: () => 0, now: () => begin * 1000 } as unknown as Clock);
  lost.clear();
  lost.learn(['192.0.2.1'], undefined);
  assert.deepEqual(lost.addresses(), []);
  hosts.learn([], '192.0.2.1');
  pass(1);
  assert.deepEqual(hosts.addresses(), []);
});
