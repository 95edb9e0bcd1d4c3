/** Single lines of log into a pipe that is full: nobody waits, what is kept comes later, what is lost is counted. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogLines } from '../../src/cli/start/log-lines.js';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

test('a full pipe: a hundred lines are kept, the others counted, all told when somebody reads', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lines-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | O_NONBLOCK);
  t.after(() => {
    closeSync(reader);
    closeSync(writer);
    rmSync(folder, { recursive: true });
  });
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
  const folder = mkdtempSync(join(tmpdir(), 'lines-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, O_RDONLY | O_NONBLOCK);
  const writer = openSync(path, O_WRONLY | O_NONBLOCK);
  t.after(() => {
    closeSync(writer);
    rmSync(folder, { recursive: true });
  });
  closeSync(reader);
  const lines = new LogLines(writer);
  for (let n = 0; n < 300; n += 1) lines.write(`line ${n}\n`, () => assert.fail('nothing is kept'));
});
