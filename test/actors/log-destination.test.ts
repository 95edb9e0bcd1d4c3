/** The log's destination when its reader is slow: what is lost is counted in lines and told, and the end waits for nobody for long. */
import assert from 'node:assert/strict';
import fs, { readSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/actors/kernel/clock.js';
import { qpCounter } from '../../src/actors/kernel/qp.js';
import { createSplogger } from '../../src/actors/splogger/actor.js';
import { type LogDestination, logDestination } from '../../src/actors/splogger/destination.js';
import { openFifo } from '../support/fifo.js';
import { testSettings } from '../support/one-thread-node.js';
import { until } from '../support/server-home.js';

/** More than a pipe holds. */
const much = 200_000;

interface Pipe {
  readonly destination: LogDestination;
  /** What the pipe holds. */
  read(): string;
}

/** A destination that keeps at most so many octets for the reader of a pipe. */
function pipe(t: TestContext, most: number): Pipe {
  const { reader, writer } = openFifo(t);
  const octets = Buffer.alloc(1_048_576);
  const read = (): string => {
    try {
      return octets.toString('latin1', 0, readSync(reader, octets));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
      throw error;
    }
  };
  return { destination: logDestination(writer, most), read };
}

const line = (n: number): string => `line ${n} ${'x'.repeat(90)}\n`;
const lot = (from: number, count: number): string => Array.from({ length: count }, (_, n) => line(from + n)).join('');

test('lines beyond what may wait are counted one by one, and the log says so where they are missing', async (t) => {
  const { destination, read } = pipe(t, much);
  const context = { peers: {}, clock: systemClock, settings: testSettings(), nextQp: qpCounter(1, 0, 1), queueDir: '' };
  const splogger = createSplogger({ ...context, fatal: () => assert.fail() }, destination);
  for (let n = 0; n < 100; n += 1) splogger.handlers.lines({ text: lot(n * 100, 100), count: 100 });
  const lost = Number(splogger.counters?.()['log.lost']);
  assert.ok(lost > 5_000 && lost < 10_000 && lost % 100 === 0, `${lost} lines`);
  let log = '';
  await until('what was kept has been read', 20_000, () => {
    log += read();
    return log.split('\n').length - 1 === 10_000 - lost;
  });
  splogger.handlers.lines({ text: 'after\n', count: 1 });
  splogger.handlers.lines({ text: 'and on\n', count: 1 });
  await until('the rest', 20_000, () => {
    log += read();
    return log.endsWith('and on\n');
  });
  const [missing, ...rest] = log.split('\n').slice(-4);
  assert.equal(missing, `warning: ${lost} log lines lost: the reader of the log was too slow`);
  assert.deepEqual(rest, ['after', 'and on', '']);
  assert.equal(log.split('\n')[9_999 - lost]?.startsWith('line '), true, 'nothing else was changed');
});

test('a disk without room: nothing is lost as long as it is kept, and the count goes back when all is written', async (t) => {
  const { destination, read } = pipe(t, much);
  const limit = 5;
  // What a write to a full disk says, in place of the system.
  const original = fs.write;
  let failures = 0;
  t.mock.method(fs, 'write', (...values: unknown[]) => {
    if (failures >= limit) return (original as (...all: unknown[]) => void)(...values);
    failures += 1;
    const done = values.at(-1) as (error: Error) => void;
    setImmediate(() => done(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })));
  });
  destination.write(line(0));
  await until('a write has failed', 20_000, () => destination.lost > 0);
  for (let n = 1; n < 40; n += 1) destination.write(line(n));
  assert.ok(destination.lost >= 39, `${destination.lost}`);
  await until('all is written', 20_000, () => {
    destination.write('\n');
    return failures === limit && destination.lost === 0;
  });
  await destination.close();
  assert.ok(read().startsWith(lot(0, 40)), 'in order, none is missing');
  assert.equal(destination.dropped, 0);
});

test('the end waits for a reader that reads', async (t) => {
  const { destination, read } = pipe(t, 16 * much);
  destination.write(lot(0, 10_000));
  let log = '';
  const timer = setInterval(() => {
    log += read();
  }, 5);
  await destination.close();
  clearInterval(timer);
  for (let more = read(); more !== ''; more = read()) log += more;
  assert.equal(log, lot(0, 10_000));
  assert.equal(destination.lost, 0);
});

test('the end does not wait for one that does not read; what comes afterwards is counted', { timeout: 30_000 }, async (t) => {
  const { destination, read } = pipe(t, 16 * much);
  destination.write(lot(0, 10_000));
  await destination.close();
  destination.write('one\ntwo\n');
  assert.equal(destination.lost, 2);
  assert.match(read(), /^line 0 /);
});
