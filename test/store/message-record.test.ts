/** A message's record: nothing is read from one that is cut, changed, or another message's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeBody, decodeMessage, encodeMessage, messageRecordSize, sealMessage } from '../../src/store/lmdb/message-record.js';
import { bodyOf, message } from './fixture.js';

function encoded(id: number): Buffer {
  const made = message({ recipients: ['a@b.example', 'c@d.example'] }, 500);
  const record = Buffer.alloc(messageRecordSize(made));
  encodeMessage(record, made);
  sealMessage(record, id);
  return record;
}

test('what was written is read, under its own number alone', () => {
  const record = encoded(7);
  const head = decodeMessage(record, 7);
  assert.ok(head);
  assert.deepEqual([head.sender, head.recipientCount, head.bodySize], ['sender@a.example', 2, 500]);
  assert.deepEqual(decodeBody(record, head), { form: 'wire', bytes: bodyOf(500, 7) });
  assert.equal(decodeMessage(record, 8), undefined, 'a record that lies in the place of another');
});

test('a record that is cut, or changed in any octet, is noticed in its head or its body', () => {
  const record = encoded(7);
  const head = decodeMessage(record, 7);
  assert.ok(head);
  for (let length = 0; length < record.length; length += 1) {
    const cut = record.subarray(0, length);
    assert.ok(decodeMessage(cut, 7) === undefined || decodeBody(cut, head) === undefined, `${length} octets of it`);
  }
  for (let at = 0; at < record.length; at += 1) {
    const changed = Buffer.from(record);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    assert.ok(decodeMessage(changed, 7) === undefined || decodeBody(changed, head) === undefined, `octet ${at}`);
  }
});
