/** What goes out together: every piece once, in order, small ones in one write. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { abandonGathered, gather } from '../../../src/actors/remote/gather.js';

const room = 262_144;
const textOf = (octets: string | Uint8Array): string =>
  typeof octets === 'string' ? octets : Buffer.from(octets).toString('latin1');

/** As the pump does it: what is left of a piece takes its place. */
function writes(given: readonly (string | Uint8Array)[]): string[] {
  const queue = [...given];
  const written: string[] = [];
  for (let taken = 0; taken < queue.length; ) {
    const { octets, pieces } = gather(queue, taken, room);
    if (pieces === 0) queue[taken] = (queue[taken] as Uint8Array).subarray(octets.length);
    taken += pieces;
    written.push(textOf(octets));
  }
  return written;
}

test('all octets go out once, in order, none of the writes larger than it may be', () => {
  const size = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(65_535, 65_536, 65_537, 262_144, 262_145, 600_000));
  const piece = fc.tuple(size, fc.boolean(), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (described) => {
      const pieces = described.map(([length, text, octet]) =>
        text && length < 1_000 ? String.fromCharCode(octet).repeat(length) : Buffer.alloc(length, octet),
      );
      const written = writes(pieces);
      assert.ok(written.join('') === pieces.map(textOf).join(''));
      assert.ok(written.every((one) => one.length <= room));
    }),
    { numRuns: 60 },
  );
});

test('commands, a body and its end are one write; a single command stays text', () => {
  assert.deepEqual(writes(['MAIL\r\n', Buffer.from('body\r\n'), '.\r\n']), ['MAIL\r\nbody\r\n.\r\n']);
  assert.equal(gather(['QUIT\r\n'], 0, room).octets, 'QUIT\r\n');
});

test('what was abandoned is not written over', () => {
  const { octets } = gather(['a', 'b'], 0, room);
  abandonGathered(octets);
  gather(['c', 'd'], 0, room);
  assert.equal(textOf(octets), 'ab');
});
