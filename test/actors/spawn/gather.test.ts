/** Writes of one tick: together, in order, copied. */
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { gatherWrite } from '../../../src/actors/spawn/gather.js';

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function collecting(): { readonly stream: Writable; readonly writes: string[] } {
  const writes: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk.toString('latin1'));
      done();
    },
  });
  return { stream, writes };
}

test('writes of a tick are one write, whose memory the caller may use again', async () => {
  const { stream, writes } = collecting();
  const used = Buffer.alloc(3000);
  for (const letter of 'abc') gatherWrite(stream, used.fill(letter));
  assert.deepEqual(writes, []);
  await tick();
  assert.deepEqual(writes, ['a'.repeat(3000) + 'b'.repeat(3000) + 'c'.repeat(3000)]);
  gatherWrite(stream, Buffer.from('d'));
  await tick();
  assert.equal(writes[1], 'd');
});

test('a large write goes by itself and in its place', async () => {
  const { stream, writes } = collecting();
  const large = Buffer.alloc(70_000, 'L');
  for (const bytes of [Buffer.from('a'), large, Buffer.from('b')]) gatherWrite(stream, bytes);
  await tick();
  assert.deepEqual(
    writes.map((text) => `${text[0]}${text.length}`),
    ['a1', 'L70000', 'b1'],
  );
});

test('what comes too late for an ended stream is dropped', async () => {
  const { stream, writes } = collecting();
  stream.once('error', (error) => assert.fail(error));
  gatherWrite(stream, Buffer.from('a'));
  stream.end();
  await tick();
  assert.deepEqual(writes, []);
});
