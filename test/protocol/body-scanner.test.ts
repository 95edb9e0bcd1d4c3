/** The scan of message bytes: many octets at a time comes to the same as one at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BodyScanner } from '../../src/protocol/smtp/body-scanner.js';

const afterHeader = 'Subject: x\r\n\r\n';

interface Scanned {
  readonly result: string;
  readonly text: string;
  readonly wireSize: number;
  readonly unixSize: number;
  /** Octets of the input that were used; of no meaning after a bare CR or LF, which ends the session. */
  readonly used: number;
}

/** Scans in chunks of the sizes given in turn, each chunk at an odd place of a larger array. */
function scanned(input: Buffer, sizes: readonly number[], barecr: 'reject' | 'space'): Scanned {
  const scanner = new BodyScanner(barecr, 1_000_000);
  const parts: string[] = [];
  let result = 'more';
  let at = 0;
  for (let turn = 0; at < input.length && result === 'more'; turn++) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, input.length - at);
    const place = Buffer.alloc(size + 8, '\n');
    input.copy(place, 3, at, at + size);
    const pieces: Uint8Array[] = [];
    result = scanner.scan(place.subarray(3, 3 + size), 0, pieces);
    for (const piece of pieces) parts.push(Buffer.from(piece).toString('latin1'));
    at += result === 'more' ? size : scanner.position;
  }
  const used = result === 'end' ? at : 0;
  return { result, text: parts.join(''), wireSize: scanner.wireSize, unixSize: scanner.unixSize, used };
}

test('every octet at every place of a line is treated as by the scan of single octets', () => {
  for (let octet = 0; octet < 256; octet++) {
    for (let place = 0; place < 40; place++) {
      const line = Buffer.alloc(44, octet % 2 === 0 ? 0xff : 0x0e);
      line[place] = octet;
      const input = Buffer.concat([Buffer.from(afterHeader), line, Buffer.from('\r\nlast line\r\n.\r\n')]);
      assert.deepEqual(
        scanned(input, [input.length], 'reject'),
        scanned(input, [1], 'reject'),
        `octet ${octet} at place ${place} of the line`,
      );
    }
  }
});

test('long texts in large pieces come to the same as octet by octet', () => {
  const words = fc.oneof(
    { weight: 6, arbitrary: fc.string({ unit: fc.constantFrom('a', '\xe9', '\xff', '\x80', '.', ' '), maxLength: 50 }) },
    { weight: 6, arbitrary: fc.constantFrom('\r\n', '\r\n.', '\r\n..', '\t', '\0', 'x'.repeat(15), 'x'.repeat(16)) },
    { weight: 1, arbitrary: fc.constantFrom('\r', '\n', '\r\r\n', '\n\r', '\r\n.\n', '\r\n.\r') },
  );
  const texts = fc.array(words, { maxLength: 60 }).map((parts) => `${afterHeader}${parts.join('')}\r\n.\r\nQUIT\r\n`);
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(texts, sizes, fc.constantFrom('reject' as const, 'space' as const), (text, cut, barecr) => {
      const input = Buffer.from(text, 'latin1');
      const single = scanned(input, [1], barecr);
      assert.deepEqual(scanned(input, [input.length], barecr), single);
      assert.deepEqual(scanned(input, cut, barecr), single);
    }),
    { numRuns: 3000 },
  );
});
