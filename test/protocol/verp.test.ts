/** VERP senders: expanded for a delivery, collapsed for a bounce. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { collapseVerp, expandVerp } from '../../src/protocol/verp.js';

const cases: readonly (readonly [sender: string, recipient: string, expanded: string])[] = [
  ['owner-@lists.example-@[]', 'joe@x.org', 'owner-joe=x.org@lists.example'],
  ['joe-owner-@example.org-@[]', 'joe-list@mx.test.example', 'joe-owner-joe-list=mx.test.example@example.org'],
  ['a@b@host-@[]', 'x@y@z', 'a@bx@y=z@host'],
  ['owner-@host-@[]', 'nohost', 'owner-@host-@[]'],
  ['owner-host-@[]', 'joe@x.org', 'owner-host-@[]'],
  ['-@[]', 'joe@x.org', '-@[]'],
  ['@-@[]', 'joe@x.org', 'joe=x.org@'],
  ['owner-@host', 'joe@x.org', 'owner-@host'],
  ['#@[]', 'joe@x.org', '#@[]'],
  ['', 'joe@x.org', ''],
];
for (const [sender, recipient, expanded] of cases) {
  test(`<${sender}> to ${recipient}`, () => assert.equal(expandVerp(sender, recipient), expanded));
}

test('collapsing takes the mark off and nothing else', () => {
  assert.equal(collapseVerp('owner-@lists.example-@[]'), 'owner-@lists.example');
  assert.equal(collapseVerp('-@[]'), '');
  assert.equal(collapseVerp('joe@x.org'), 'joe@x.org');
});

test('only senders with the mark ever change', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (sender, recipient) => {
      if (!sender.endsWith('-@[]')) assert.equal(expandVerp(sender, recipient), sender);
    }),
  );
});
