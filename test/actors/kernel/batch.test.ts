/** Bytes on their way to another thread: packed or on their own, they arrive as they were when they were added. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Outgoing, type Post, payloadOf } from '../../../src/actors/kernel/batch.js';

/** What the other thread gets, and how many octets of packed bytes. */
function carried(out: Outgoing): { payloads: unknown[]; packed: number } {
  const { post, moved } = out.take(0);
  const there: Post = structuredClone(post, { transfer: moved });
  for (const buffer of moved) assert.equal(buffer.byteLength, 0, 'moved, not copied once more');
  return { payloads: there.frames.map((frame) => payloadOf(frame, there.pack)), packed: there.pack?.byteLength ?? 0 };
}

test('bytes of all sizes arrive, although the sender uses its memory again at once', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(16_383, 16_384, 16_385, 120_000)), {
    maxLength: 12,
  });
  const out = new Outgoing();
  fc.assert(
    fc.property(sizes, (lengths) => {
      const shared = Buffer.alloc(120_001);
      lengths.forEach((length, n) => {
        shared.fill(n + 1);
        out.add(0, 'queue', 'submit', 0, { n, bytes: shared.subarray(1, 1 + length) });
      });
      out.add(0, 'queue', 'none', 0, { n: -1 });
      const { payloads } = carried(out);
      assert.deepEqual(payloads.pop(), { n: -1 });
      payloads.forEach((payload, n) => {
        const { bytes } = payload as { bytes: Uint8Array };
        assert.equal(bytes.length, lengths[n]);
        assert.ok(bytes.every((octet) => octet === n + 1));
      });
      assert.ok(out.empty);
    }),
    { numRuns: 100 },
  );
});

test('large bytes do not make the pack grow', () => {
  const out = new Outgoing();
  for (let n = 0; n < 10; n++) {
    out.add(0, 'queue', 'submit', 0, { bytes: Buffer.alloc(100_000) });
    out.add(0, 'queue', 'submit', 0, { bytes: Buffer.alloc(100) });
  }
  const { payloads, packed } = carried(out);
  assert.equal(payloads.length, 20);
  assert.ok(packed < 10_000, `${packed} octets packed`);
});
