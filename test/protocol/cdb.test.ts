/** cdb: what is written is found, first of equal keys wins, damage is an answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cdbGet, cdbHash, cdbWrite } from '../../src/protocol/cdb.js';

const octets = fc.uint8Array({ maxLength: 12 });
const records = fc.array(fc.record({ key: octets, value: octets }), { maxLength: 60 });

test('hash of the empty key and of one letter', () => {
  assert.equal(cdbHash(new Uint8Array(0)), 5381);
  assert.equal(cdbHash(Uint8Array.of(97)), ((5381 * 33) ^ 97) >>> 0);
});

test('every key is found with its first value, other keys are not', () => {
  fc.assert(
    fc.property(records, octets, (all, other) => {
      const file = cdbWrite(all);
      for (const key of [...all.map((record) => record.key), other]) {
        const first = all.find((record) => Buffer.compare(record.key, key) === 0);
        const answer = cdbGet(file, key);
        if (first === undefined) assert.equal(answer.tag, 'none');
        else assert.deepEqual(answer.tag === 'found' && Buffer.from(answer.value), Buffer.from(first.value));
      }
    }),
  );
});

test('a damaged file never throws and never loops', () => {
  fc.assert(
    fc.property(
      records,
      fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 30 }),
      fc.nat(4000),
      (all, changes, length) => {
        const file = cdbWrite(all).slice(0, length);
        for (const [at, octet] of changes) if (at < file.length) file[at] = octet;
        for (const { key } of all) assert.ok(['found', 'none', 'damaged'].includes(cdbGet(file, key).tag));
      },
    ),
  );
});

test('a file that ends in its header is damaged', () => {
  assert.equal(cdbGet(new Uint8Array(2047), Uint8Array.of(1)).tag, 'damaged');
});
