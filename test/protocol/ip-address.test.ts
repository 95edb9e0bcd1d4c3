/** IP addresses as text: one spelling each, and what is none. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalIp, hostLiteral } from '../../src/protocol/ip-address.js';

const spellings: readonly (readonly [text: string, canonical: string | undefined])[] = [
  ['1.2.3.4', '1.2.3.4'],
  ['01.002.3.4', '1.2.3.4'],
  ['256.1.1.1', undefined],
  ['1.2.3', undefined],
  ['1.2.3.4.5', undefined],
  ['1.2.3.4 ', undefined],
  ['::', '::'],
  ['::1', '::1'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7:8::', undefined],
  ['1::2::3', undefined],
  [':::', undefined],
  ['12345::', undefined],
  ['1.2.3.4::', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
];
for (const [text, canonical] of spellings) {
  test(`"${text}" is ${canonical ?? 'no address'}`, () => assert.equal(canonicalIp(text), canonical));
}

test('hosts that are addresses', () => {
  assert.equal(hostLiteral('1.2.3.4'), '1.2.3.4');
  assert.equal(hostLiteral('[1.2.3.4]'), '1.2.3.4');
  assert.equal(hostLiteral('[IPv6:2001:DB8::1]'), '2001:db8::1');
  assert.equal(hostLiteral('[ipv6:::1]'), '::1');
  assert.equal(hostLiteral('[::1]'), '::1');
  for (const host of [
    '::1',
    '[1.2.3.4',
    '1.2.3.4]',
    '[]',
    '[x]',
    '[IPv6:1.2.3.4]',
    'mx.example',
    '1.2.3.4.',
    '1.2.3.300',
    '[300.2.3.4]',
  ]) {
    assert.equal(hostLiteral(host), undefined, host);
  }
});

test('takes exactly what Node takes as IPv6, and its own spelling again', () => {
  const group = fc.constantFrom('0', '0', '1', 'ab', 'FFFF', '', '192.0.2.1', '10000');
  fc.assert(
    fc.property(fc.array(group, { minLength: 2, maxLength: 9 }), (groups) => {
      const text = groups.join(':');
      const canonical = canonicalIp(text);
      assert.equal(canonical !== undefined, isIP(text) === 6, text);
      if (canonical !== undefined) assert.equal(canonicalIp(canonical), canonical);
    }),
    { numRuns: 500 },
  );
});
