/** Signs of life: looks without a change are counted, a beat begins the count anew; and the log's change of form. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActorContext } from '../../src/actors/kernel/actor.js';
import { systemClock } from '../../src/actors/kernel/clock.js';
import { ActivityLog } from '../../src/actors/kernel/log.js';
import { PulseWatch, watchPulses } from '../../src/actors/kernel/pulse.js';
import type { LogBatch } from '../../src/actors/messages.js';
import { ClockWatch } from '../../src/actors/send/clock-watch.js';
import { createSplogger } from '../../src/actors/splogger/actor.js';
import { testSettings } from '../support/one-thread-node.js';

const beatOf = (pulse: PulseWatch): void => void Atomics.add(new Int32Array(pulse.shared), 0, 1);

test('a thread stands still after so many looks without a beat, not before', () => {
  const pulse = new PulseWatch();
  assert.deepEqual([pulse.look(3), pulse.look(3)], [false, false]);
  beatOf(pulse);
  assert.deepEqual([pulse.look(3), pulse.look(3), pulse.look(3)], [false, false, false]);
  assert.equal(pulse.look(3), true);
  assert.equal(pulse.look(3), false, 'told once, then counted anew');
});

test('a beat between two looks is enough, even when the counter wraps', () => {
  const pulse = new PulseWatch();
  new Int32Array(pulse.shared)[0] = 0x7fffffff;
  assert.equal(pulse.look(1), false);
  beatOf(pulse);
  assert.equal(pulse.look(1), false);
  assert.equal(pulse.look(1), true);
});

test('a watch looks at all until it is ended', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const still = { pulse: new PulseWatch() };
  const alive = { pulse: new PulseWatch() };
  const found: unknown[] = [];
  const end = watchPulses(
    () => [still, alive],
    (one) => found.push(one),
  );
  for (let look = 0; look < 31; look += 1) {
    beatOf(alive.pulse);
    t.mock.timers.tick(1_000);
  }
  assert.deepEqual(found, [still]);
  end();
  t.mock.timers.tick(100_000);
  assert.equal(found.length, 1);
});

test('what was collected leaves in the form it has, what follows in the new one', () => {
  const batches: LogBatch[] = [];
  const log = new ActivityLog({ tell: (_message, batch) => batches.push(batch) > 0 }, testSettings({ logformat: 'qmail' }));
  log.warning('old');
  log.reload(testSettings({ logformat: 'json' }));
  log.warning('new');
  log.flush();
  assert.deepEqual(batches, [
    { text: 'warning: old\n', count: 1 },
    { events: [{ event: 'warning', text: 'new' }], count: 1 },
  ]);
});

test('splogger turns lines of the old form into records, a stamp ends with the form', () => {
  let out = '';
  const write = (text: string): void => {
    out += text;
  };
  const destination = { write, close: async () => undefined, lost: 0, dropped: 0, moves: true };
  const settings = testSettings({ logformat: 'qmail', logstamp: 'tai64n' });
  const splogger = createSplogger({ settings, clock: systemClock } as ActorContext<'splogger'>, destination);
  splogger.handlers.lines({ text: 'one\n', count: 1 });
  splogger.handlers.lines({ events: [{ event: 'warning', text: 'two' }], count: 1 });
  assert.match(out, /^@[0-9a-f]{24} one\n@[0-9a-f]{24} warning: two\n$/);
  out = '';
  splogger.reload?.(testSettings({ logformat: 'json', logstamp: 'tai64n' }));
  splogger.handlers.lines({ text: 'three\nfour\n', count: 2 });
  splogger.handlers.lines({ events: [{ event: 'warning', text: 'five' }], count: 1 });
  const records = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; text: string });
  assert.deepEqual(
    records.map(({ event, text }) => `${event} ${text}`),
    ['line three', 'line four', 'warning five'],
  );
});

test('time in which a thread stood counts for a moment only', async () => {
  const keptAlive = setInterval(() => undefined, 50);
  const begun = systemClock.ran();
  while (systemClock.ran() - begun < 400) await new Promise(setImmediate);
  const [ranBefore, before] = [systemClock.ran(), performance.now()];
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
  while (systemClock.ran() === ranBefore) await new Promise(setImmediate);
  assert.ok(systemClock.ran() - ranBefore <= 1_250, `${systemClock.ran() - ranBefore} of ${performance.now() - before} ms`);
  clearInterval(keptAlive);
});

test('a clock is watched against the one that never jumps', () => {
  let wall = 1_000_000_000_000;
  let monotonic = 5_000;
  const watch = new ClockWatch({ ...systemClock, now: () => wall, monotonic: () => monotonic });
  const passes = (ms: number, set = 0): number => {
    monotonic += ms;
    wall += ms + set;
    return watch.look();
  };
  const hour = 3_600_000;
  assert.equal(passes(30 * 24 * hour), 0, 'time that passes is no jump');
  for (let n = 0; n < 100; n += 1) assert.equal(passes(60_000, hour / 10), 0, 'slow corrections add up to none');
  assert.equal(passes(1_000, 2 * hour), 7_200);
  const now = Math.floor(wall / 1000);
  assert.equal(watch.isDying(now - 1_000, now - 10, now, 100), false, 'planned before the jump');
  assert.equal(watch.isDying(now - 1_000, now, now, 100), true);
  assert.equal(watch.isDying(now - 50, now, now, 100), false, 'young');
  assert.equal(passes(1_000, -24 * hour), -86_400);
  assert.equal(watch.isDying(0, undefined, now, 100), true, 'a jump back excuses nothing');
});
