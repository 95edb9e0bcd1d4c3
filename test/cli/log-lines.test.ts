/** Single lines of log into a pipe that is full: nobody waits, what is kept comes later, what is lost is counted. */
import assert from 'node:assert/strict';
import { readSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { LogLines } from '../../src/cli/start/log-lines.js';
import { openFifo } from '../support/fifo.js';

test('a full pipe: a hundred lines are kept, the others counted, all told when somebody reads', (t) => {
  const { reader, writer } = openFifo(t);
  const full = (): void => {
    for (;;) writeSync(writer, 'x\n');
  };
  assert.throws(full, { code: 'EAGAIN' });
  const lines = new LogLines(writer);
  const missing = (count: number): string => `${count} missing\n`;
  for (let n = 0; n < 130; n += 1) lines.write(`line ${n}\n`, missing);
  const octets = Buffer.alloc(1_048_576);
  const read = (): string[] => octets.toString('latin1', 0, readSync(reader, octets)).split('\n').slice(0, -1);
  assert.ok(read().every((line) => line === 'x'));
  lines.write('after\n', missing);
  assert.deepEqual(read(), [...Array.from({ length: 100 }, (_, n) => `line ${n}`), '30 missing', 'after']);
});

test('a reader that is gone is no reason to stop', (t) => {
  const { writer, leave } = openFifo(t);
  leave();
  const lines = new LogLines(writer);
  for (let n = 0; n < 300; n += 1) lines.write(`line ${n}\n`, () => assert.fail('nothing is kept'));
});
