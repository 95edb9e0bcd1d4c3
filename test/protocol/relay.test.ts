/** Relay control: rcpthosts, morercpthosts, badmailfrom. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileRelay } from '../../src/protocol/relay.js';

const relay = compileRelay({
  rcpthosts: ['example.org', '.heaven.af.mil', 'localhost'],
  badmailfrom: ['evil@spam.example', '@bad.example'],
});

const recipients: readonly (readonly [recipient: string, allowed: boolean])[] = [
  ['joe@example.org', true],
  ['joe@EXAMPLE.Org', true],
  ['joe@a.example.org', false],
  ['joe@a.heaven.af.mil', true],
  ['joe@a.b.HEAVEN.af.mil', true],
  ['joe@heaven.af.mil', false],
  ['joe@xheaven.af.mil', false],
  ['joe@notme.example', false],
  ['joe', true],
  ['', true],
  ['a@notme.example@example.org', true],
  ['a@example.org@notme.example', false],
  ['a%notme.example@example.org', true],
  ['joe@', false],
  ['joe@.', false],
  ['joe@.heaven.af.mil', true],
  ['joe@example.org.', false],
];
for (const [recipient, allowed] of recipients) {
  test(`<${recipient}> is ${allowed ? 'allowed' : 'refused'}`, () => assert.equal(relay.rcptAllowed(recipient), allowed));
}

test('an empty rcpthosts and a missing one refuse every host', () => {
  for (const rcpthosts of [[], undefined]) {
    const closed = compileRelay({ rcpthosts, badmailfrom: [] }, () => rcpthosts === undefined);
    assert.equal(closed.rcptAllowed('joe@example.org'), false);
    assert.equal(closed.rcptAllowed('joe'), true);
  }
});

test('behind a percenthack host the address that is meant must be allowed too', () => {
  const rcpthosts = ['here.test', 'other.test'];
  const hacking = compileRelay({ rcpthosts, badmailfrom: [], percenthack: ['Here.test'], envnoathost: 'here.test' });
  const cases: readonly (readonly [recipient: string, allowed: boolean])[] = [
    ['joe%other.test@here.test', true],
    ['joe%OTHER.test@HERE.test', true],
    ['joe%here.test@here.test', true],
    ['joe%strange.test@here.test', false],
    ['joe%strange.test%here.test@here.test', false],
    // Only a host of percenthack is taken apart.
    ['joe%strange.test@other.test', true],
    ['joe%strange.test', false],
    ['joe%other.test', true],
  ];
  for (const [recipient, allowed] of cases) assert.equal(hacking.rcptAllowed(recipient), allowed, recipient);
});

test('morercpthosts gets the same keys in the same order, and only what rcpthosts does not hold', () => {
  const asked: string[] = [];
  const more = compileRelay({ rcpthosts: ['example.org'], badmailfrom: [] }, (key) => {
    asked.push(key);
    return key === '.y.z';
  });
  assert.equal(more.rcptAllowed('joe@example.org'), true);
  assert.deepEqual(asked, []);
  assert.equal(more.rcptAllowed('joe@W.x.Y.z'), true);
  assert.deepEqual(asked, ['w.x.y.z', '.x.y.z', '.y.z']);
});

test('no host that is not listed passes, however it is written', () => {
  const text = fc.string({ unit: fc.constantFrom('@', '.', 'a', 'B', '%', '!', ':', '[', ']', '"', ' ') });
  fc.assert(fc.property(text, (recipient) => assert.equal(relay.rcptAllowed(`${recipient}@a.b`), false)));
});

const senders: readonly (readonly [sender: string, bad: boolean])[] = [
  ['evil@spam.example', true],
  ['Evil@SPAM.Example', true],
  ['good@spam.example', false],
  ['any@BAD.example', true],
  ['any@sub.bad.example', false],
  ['a@b@bad.example', true],
  ['@bad.example', true],
  ['bad.example', false],
  ['', false],
];
for (const [sender, bad] of senders) {
  test(`sender <${sender}> is ${bad ? 'bad' : 'fine'}`, () => assert.equal(relay.senderBad(sender), bad));
}
