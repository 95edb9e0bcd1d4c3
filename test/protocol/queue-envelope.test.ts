/**
 * The envelope in qmail-queue's form, cut anywhere.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EnvelopeReader, envelopeText } from '../../src/protocol/queue-envelope.js';

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function readInPieces(text: string, cuts: readonly number[]): EnvelopeReader {
  const reader = new EnvelopeReader();
  const bytes = octets(text);
  let at = 0;
  for (const cut of [...cuts.map((value) => value % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    // A reader's buffer is used again for what comes next.
    const chunk = Buffer.from(bytes.subarray(at, cut));
    reader.take(chunk);
    chunk.fill(0x58);
    at = cut;
  }
  return reader;
}

const address = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((unit) => String.fromCharCode(unit)), maxLength: 40 });

test('an envelope is read back however it is cut', () => {
  const envelope = fc.record({ sender: address, recipients: fc.array(address, { maxLength: 5 }) }, { noNullPrototype: true });
  const property = fc.property(envelope, fc.array(fc.nat()), (written, cuts) => {
    const reader = readInPieces(`${envelopeText(written)}ignored`, cuts);
    assert.equal(reader.state, 'complete');
    assert.deepEqual(reader.envelope(), written);
  });
  fc.assert(property);
});

test('each fault has qmail-queue its exit code, wherever the text is cut', () => {
  const long = 'x'.repeat(1002);
  const faults: readonly (readonly [string, EnvelopeReader['state']])[] = [
    ['\0', 91],
    ['Ta\0\0', 91],
    ['Fa\0Xb\0\0', 91],
    [`F${long}y\0\0`, 11],
    [`Fa\0T${long}y`, 11],
    [`F${long}\0T${long}\0\0`, 'complete'],
    ['Fa\0\0', 'complete'],
    ['Fa\0Tb\0', 'open'],
    ['', 'open'],
  ];
  for (const [text, state] of faults) {
    fc.assert(
      fc.property(fc.array(fc.nat()), (cuts) => {
        const reader = readInPieces(text, cuts);
        assert.equal(reader.state, state, JSON.stringify(text.slice(0, 20)));
        assert.equal(reader.envelope() === undefined, state !== 'complete');
      }),
      { numRuns: 20 },
    );
  }
});
