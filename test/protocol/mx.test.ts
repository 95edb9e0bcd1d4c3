/** Artificial routes, session keys, order of addresses and the loop check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { controlMap } from '../../src/protocol/control-files.js';
import { chooseAddresses, type Route, routeFor, sessionKey } from '../../src/protocol/mx.js';

function route(host: string, ...lines: string[]) {
  return routeFor(host, { qmtproutes: {}, smtproutes: controlMap(new Map([['smtproutes', lines.join('\n')]]), 'smtproutes') });
}

test('whole host, then suffixes, then the empty key; the last of equal keys', () => {
  const lines = [
    ':all.test',
    '.af.mil:af.test:2525',
    'Heaven.AF.mil:h.test',
    'one.test:',
    'one.test:first',
    'one.test:second:26',
  ];
  assert.deepEqual(route('heaven.af.MIL', ...lines), { kind: 'relay', host: 'h.test', port: 25 });
  assert.deepEqual(route('x.heaven.af.mil', ...lines), { kind: 'relay', host: 'af.test', port: 2525 });
  assert.deepEqual(route('af.mil', ...lines), { kind: 'relay', host: 'all.test', port: 25 });
  assert.deepEqual(route('one.test', ...lines), { kind: 'relay', host: 'second', port: 26 });
  assert.deepEqual(route('[1.2.3.4]', ...lines), { kind: 'relay', host: 'all.test', port: 25 });
});

test('an empty relay is an exception: mail exchangers as usual', () => {
  assert.deepEqual(route('one.test', 'one.test:', ':127.0.0.1:1'), { kind: 'mx', host: 'one.test' });
  assert.deepEqual(route('One.test'), { kind: 'mx', host: 'One.test' });
  assert.deepEqual(route('__proto__'), { kind: 'mx', host: '__proto__' });
  assert.deepEqual(route('constructor', 'constructor:c'), { kind: 'relay', host: 'c', port: 25 });
});

test('relays that are addresses, and ports', () => {
  assert.deepEqual(route('a', ':[127.0.0.1]:2525'), { kind: 'relay', host: '[127.0.0.1]', port: 2525 });
  assert.deepEqual(route('a', ':[2001:db8::1]:26'), { kind: 'relay', host: '[2001:db8::1]', port: 26 });
  assert.deepEqual(route('a', ':[2001:db8::1]'), { kind: 'relay', host: '[2001:db8::1]', port: 25 });
  assert.deepEqual(route('a', ':2001:db8::1'), { kind: 'relay', host: '2001:db8::1', port: 25 });
  assert.deepEqual(route('a', ':h:26x'), { kind: 'relay', host: 'h', port: 26 });
  for (const port of ['', 'x', '65536', '-1']) assert.deepEqual(route('a', `:h:${port}`), { kind: 'relay', host: 'h', port: 0 });
});

test('one key for all domains of a relay, and for all spellings of a host', () => {
  const keys = ['a.test', 'b.test'].map((host) => sessionKey(route(host, ':Relay.test:2525')));
  assert.deepEqual(keys, ['relay relay.test 2525', 'relay relay.test 2525']);
  assert.equal(sessionKey(route('A.Test')), sessionKey(route('a.test')));
  assert.equal(sessionKey(route('a', ':[127.0.0.1]')), sessionKey(route('a', ':127.0.0.1')));
  assert.equal(sessionKey(route('[IPv6:0:0::1]')), sessionKey(route('[::1]')));
  const different = ['a', 'b'].flatMap((host) => [route(host), route(host, ':a'), route(host, `:${host}:26`)]).map(sessionKey);
  assert.equal(new Set(different).size, 5);
});

const at = (preference: number, ...addresses: string[]) => addresses.map((address) => ({ address, preference }));

test('best preference first; equals by lot, or as given', () => {
  const candidates = [...at(20, '192.0.2.3'), ...at(10, '192.0.2.1', '192.0.2.2')];
  assert.deepEqual(chooseAddresses(candidates, new Set()).addresses, ['192.0.2.1', '192.0.2.2', '192.0.2.3']);
  const lots = [0.5, 0.9, 0.1];
  const chosen = chooseAddresses(candidates, new Set(), () => lots.shift() ?? 0);
  assert.deepEqual(chosen, { addresses: ['192.0.2.2', '192.0.2.1', '192.0.2.3'], self: false });
});

test('only addresses strictly better than this machine', () => {
  const own = new Set(['192.0.2.9', '::1']);
  const candidates = [...at(5, '192.0.2.1'), ...at(10, '192.0.2.9', '192.0.2.2'), ...at(20, '192.0.2.3')];
  assert.deepEqual(chooseAddresses(candidates, own), { addresses: ['192.0.2.1'], self: false });
  assert.deepEqual(chooseAddresses(candidates.slice(1), own), { addresses: [], self: true });
  assert.deepEqual(chooseAddresses(at(0, '0:0:0::1'), own), { addresses: [], self: true });
  assert.deepEqual(chooseAddresses(at(0, '0.0.0.0'), own), { addresses: [], self: true });
  assert.deepEqual(chooseAddresses(at(0, '::ffff:192.0.2.9'), own), { addresses: [], self: true });
  assert.deepEqual(chooseAddresses([], own), { addresses: [], self: false });
});

test('for a relay the loop check is off', () => {
  assert.deepEqual(chooseAddresses(at(0, '127.0.0.1', '0.0.0.0'), new Set()).addresses, ['127.0.0.1', '0.0.0.0']);
});

test('never an own address, never one as bad as an own one, each once, at most 100', () => {
  const candidate = fc.record({ address: fc.nat(300).map((n) => `10.0.${n >> 8}.${n & 255}`), preference: fc.nat(3) });
  const some = fc.array(candidate, { maxLength: 400 });
  fc.assert(
    fc.property(some, fc.array(candidate, { minLength: 1, maxLength: 5 }), fc.nat(99), (candidates, mine, lot) => {
      const own = new Set(mine.map(({ address }) => address));
      const { addresses, self } = chooseAddresses(candidates, own, () => lot / 100);
      const worst = Math.min(...candidates.filter(({ address }) => own.has(address)).map(({ preference }) => preference));
      assert.equal(new Set(addresses).size, addresses.length);
      assert.ok(addresses.length <= 100);
      assert.equal(self, addresses.length === 0 && candidates.length > 0);
      for (const address of addresses) {
        assert.ok(candidates.some((one) => one.address === address && one.preference < worst));
      }
    }),
    { numRuns: 50 },
  );
});

test('a QMTP route counts before an SMTP route, an empty one leaves it to that', () => {
  const settings = {
    qmtproutes: controlMap(new Map([['qmtproutes', '.q.test:hub.test\nno.q.test:\none.test:[::1]:2209']]), 'qmtproutes'),
    smtproutes: controlMap(new Map([['smtproutes', ':relay.test']]), 'smtproutes'),
  };
  assert.deepEqual(routeFor('A.Q.test', settings), { kind: 'qmtp', host: 'hub.test', port: 209 });
  assert.deepEqual(routeFor('one.test', settings), { kind: 'qmtp', host: '[::1]', port: 2209 });
  assert.deepEqual(routeFor('no.q.test', settings), { kind: 'relay', host: 'relay.test', port: 25 });
  assert.deepEqual(routeFor('q.test', settings), { kind: 'relay', host: 'relay.test', port: 25 });
  const kinds = ['a.q.test', 'q.test'].map((host) => sessionKey({ ...routeFor(host, settings), host: 'same', port: 1 } as Route));
  assert.notEqual(kinds[0], kinds[1]);
});
