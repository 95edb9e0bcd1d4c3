/** Texts of qmail's queue files: what is written reads back; what is no such text is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { queueFileTexts, readChannel, readInfo, readTodo } from '../../src/protocol/qmail-queue-files.js';

const address = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 20 });

test('a preprocessed message reads back as it was written', () => {
  const row = fc.record({ address, done: fc.boolean(), channel: fc.constantFrom('local' as const, 'remote' as const) });
  fc.assert(
    fc.property(address, fc.array(row, { maxLength: 8 }), address, (sender, rows, bounce) => {
      const recipients = rows.map(({ address, done, channel }) => ({ address: '', done, routed: { channel, address } }));
      const texts = queueFileTexts({ uid: 1, qp: 2, sender, bounce, preprocessed: true, recipients });
      assert.deepEqual(readInfo(texts.info ?? ''), { ok: true, value: sender });
      assert.equal(texts.bounce ?? '', bounce);
      for (const name of ['local', 'remote'] as const) {
        const own = rows.filter(({ channel }) => channel === name).map(({ address, done }) => ({ address, done }));
        const expected = own.every(({ done }) => done) ? [] : own;
        assert.deepEqual(readChannel(texts[name] ?? ''), { ok: true, value: expected });
      }
    }),
  );
});

test('a message that was not preprocessed reads back without those that are done', () => {
  const row = fc.record({ address, done: fc.boolean() });
  fc.assert(
    fc.property(fc.nat(), fc.nat(), address, fc.array(row, { maxLength: 8 }), (uid, qp, sender, recipients) => {
      const { todo } = queueFileTexts({ uid, qp, sender, bounce: '', preprocessed: false, recipients });
      const left = recipients.filter(({ done }) => !done).map(({ address }) => address);
      assert.deepEqual(readTodo(todo ?? ''), { ok: true, value: { uid, qp, sender, recipients: left } });
    }),
  );
});

test('a route shows what qmail would have preprocessed', () => {
  const recipients = [
    { address: 'a@b', done: true },
    { address: 'c@d', done: false },
  ];
  const message = { uid: 0, qp: 1, sender: 's', bounce: '', preprocessed: false, recipients };
  const texts = queueFileTexts(message, (recipient) => ({ channel: 'local', address: `x-${recipient}` }));
  assert.deepEqual(texts, { info: 'Fs\0', local: 'Dx-a@b\0Tx-c@d\0' });
});

test('what is no such text is refused, with the reason', () => {
  for (const text of ['', 'F', 'Fa', 'Ta\0', 'Fa\0Fb\0']) assert.equal(readInfo(text).ok, false, JSON.stringify(text));
  for (const text of ['Ta', 'Xa\0', '\0']) assert.equal(readChannel(text).ok, false, JSON.stringify(text));
  for (const text of ['u0\0p1\0', 'ux\0Fa\0', 'Fa\0Q\0', 'Fa\0Tb']) assert.equal(readTodo(text).ok, false, JSON.stringify(text));
});
