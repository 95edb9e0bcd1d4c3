/**
 * Tokens, address lists and rewriting of addresses: round trips, arbitrary text, and the examples of the specification.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mapAddresses } from '../../../src/protocol/message/address-list.js';
import { rewriter } from '../../../src/protocol/message/rewrite.js';
import { parseTokens, plainText, printTokens, type Token } from '../../../src/protocol/message/tokens.js';

const word = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', '-', ' ', '"', '\\', '(', ']', '\xe9'),
  minLength: 1,
  maxLength: 8,
});
const plainAtom = fc.string({ unit: fc.constantFrom('a', 'Z', '9', '-', '+'), minLength: 1, maxLength: 8 });
const token: fc.Arbitrary<Token> = fc.oneof(
  plainAtom.map((text): Token => ({ kind: 'atom', text })),
  fc.constantFrom('quoted' as const, 'literal' as const).chain((kind) => word.map((text): Token => ({ kind, text }))),
  fc
    .constantFrom('<' as const, '>' as const, '@' as const, ',' as const, ';' as const, ':' as const, '.' as const)
    .map((kind): Token => ({ kind, text: kind })),
);

test('what is printed is read back as the same tokens, folded or not', () => {
  const property = fc.property(fc.array(token, { maxLength: 30 }), fc.constantFrom(0, 10, 80), (tokens, width) => {
    // Two atoms side by side are printed with a blank between them and stay two.
    assert.deepEqual(
      parseTokens(printTokens(tokens, width))?.map(({ kind, text }) => ({ kind, text })),
      tokens,
    );
  });
  fc.assert(property);
});

test('no text makes the reader throw, and a list keeps every address it hands out', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '@', '.', ',', ';', ':', '<', '>', '(', ')', '"', '[', ']', '\\', ' ', '\n'),
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, (written) => {
      const tokens = parseTokens(written);
      if (tokens === undefined) return;
      const seen: string[] = [];
      const mapped = mapAddresses(tokens, (address) => {
        seen.push(plainText(address));
        return address;
      });
      if (mapped === undefined) return;
      const again: string[] = [];
      mapAddresses(mapped, (address) => {
        again.push(plainText(address));
        return address;
      });
      assert.deepEqual(again, seen);
    }),
  );
});

test('addresses are completed as the specification shows', () => {
  const rewrite = rewriter({ defaulthost: 'dh', defaultdomain: 'sub.example.net', plusdomain: 'example.net' });
  assert.ok(typeof rewrite === 'function');
  const shown: readonly (readonly [string, string])[] = [
    ['djb fred', 'djb@dh.sub.example.net, fred@dh.sub.example.net'],
    ['joe@mac', 'joe@mac.sub.example.net'],
    ['joe@mac+', 'joe@mac.example.net'],
    ['A B <c@d>', 'A B <c@d.sub.example.net>'],
    ['<@r1,@r2:u@h>', '<u@h.sub.example.net>'],
    ['grp: a, b@c;', 'grp: a@dh.sub.example.net, b@c.sub.example.net;'],
    ['foo (bar)', 'foo@dh.sub.example.net (bar)'],
    ['a . b @ c.d', 'a.b@c.d'],
    ['z@[1.2.3.4]', 'z@[1.2.3.4]'],
    ['<>', '<>'],
    ['x+', 'x+@dh.sub.example.net'],
    ['\xe9@x.y', '"\xe9"@x.y'],
    ['list@[]', 'list@[]'],
  ];
  for (const [given, wanted] of shown) {
    const mapped = mapAddresses(parseTokens(given) ?? [], rewrite);
    assert.equal(printTokens(mapped ?? [], 80).trimEnd(), wanted, given);
  }
});
