/** Which mail a name means, and who may ask for it: destinations, peers of ETRN and AutoTURN, keys of access rules. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { listName, lists, ordered } from '../../src/protocol/block-list.js';
import { toByteString } from '../../src/protocol/bytes.js';
import { cdbWrite } from '../../src/protocol/cdb.js';
import { Destinations, wrongDestination } from '../../src/protocol/destination.js';
import { inquirySetting, parseOptions } from '../../src/protocol/listener-options.js';
import { parseRecipientSource, recipientKeys, recipientList } from '../../src/protocol/recipient-check.js';
import { parseRules } from '../../src/protocol/tcprules.js';
import { compileRules } from '../../src/protocol/tcprules-compile.js';
import { cdbLookup, findRule, ruleKeys, tableLookup } from '../../src/protocol/tcprules-lookup.js';
import { TurnPeers, turnProblems } from '../../src/protocol/turn-peers.js';

test('a destination is a domain, all below one, a relay host, or all', () => {
  const routes = { smtproutes: { '.far.example': 'Relay.test:2525', 'direct.far.example': '' }, qmtproutes: {} };
  const has = (names: string[], host: string): boolean => new Destinations(names, routes).has(host);
  assert.ok(has(['a.example'], 'A.Example'));
  assert.ok(!has(['a.example'], 'b.a.example'));
  assert.ok(has(['.a.example'], 'b.a.example') && !has(['.a.example'], 'a.example'));
  assert.ok(has(['relay.test'], 'x.far.example'));
  assert.ok(!has(['relay.test'], 'direct.far.example') && !has(['relay.test'], 'other.example'));
  assert.ok(has(['*'], 'any.example') && !has([], 'any.example'));
  assert.deepEqual(['*', '.a.b', 'a', '[127.0.0.1]'].map(wrongDestination), [undefined, undefined, undefined, undefined]);
  assert.ok(wrongDestination('a b') !== undefined && wrongDestination('') !== undefined);
});

test('peers are told by their address or its beginning, IPv6 in any spelling', () => {
  const peers = new TurnPeers({ a: '192.0.2.1, 2001:DB8:0::7', b: '192.0.2.,2001:db8:' });
  assert.deepEqual(peers.domainsOf('192.0.2.1'), ['a', 'b']);
  assert.deepEqual(peers.domainsOf('192.0.20.1'), []);
  assert.deepEqual(peers.domainsOf('2001:db8::7'), ['a', 'b']);
  assert.deepEqual(peers.domainsOf('unknown'), []);
  assert.deepEqual(new TurnPeers({ a: '2001:0DB8:0:', b: '10.0.' }).domainsOf('2001:db8::1'), ['a']);
  assert.deepEqual(new TurnPeers({ b: '10.0.' }).domainsOf('10.0.3.4'), ['b']);
  assert.ok(peers.allowed('b', '192.0.2.9') && !peers.allowed('a', '192.0.2.9'));
  assert.equal(turnProblems('f', { a: '192.0.2.1,host' })[0]?.text.slice(0, 20), 'a: "host" is no addr');
});

test('rule keys: ident, address, host, beginnings, ends, everybody', () => {
  assert.deepEqual(ruleKeys({ ip: '1.2.3.4', host: 'a.b.c', info: 'joe' }), [
    'joe@1.2.3.4',
    'joe@=a.b.c',
    '1.2.3.4',
    '=a.b.c',
    '1.2.3.',
    '1.2.',
    '1.',
    '=.b.c',
    '=.c',
    '=',
    '',
  ]);
});

test('rules that parse mean the same compiled', () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const address = fc.oneof(
    fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.')),
    fc.tuple(octet, octet).map((parts) => `${parts.join('.')}.`),
    fc
      .tuple(octet, fc.integer({ min: 0, max: 100 }))
      .map(([from, more]) => `10.${Math.min(from, 155)}-${Math.min(from, 155) + more}.`),
    fc.constantFrom('', '=', '=.example.org', '=a.example.org', 'joe@10.1.2.3', '::1', '2001:db8::/32'),
  );
  const line = fc.tuple(address, fc.boolean(), fc.stringMatching(/^[a-z]{0,4}$/)).map(([where, allow, value]) => {
    return `${where}:${allow ? 'allow' : 'deny'},X="${value}"`;
  });
  const client = fc.record({
    ip: fc.oneof(
      fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.')),
      fc.constantFrom('::1', '2001:db8::9'),
    ),
    host: fc.constantFrom(undefined, 'a.example.org', 'b.test'),
    info: fc.constantFrom(undefined, 'joe'),
  });
  const sample = fc.property(fc.array(line, { maxLength: 12 }), client, (source, who) => {
    const text = source.join('\n');
    const parsed = parseRules(text);
    const compiled = compileRules(text);
    assert.ok('rules' in parsed && 'records' in compiled, text);
    const fromText = findRule(who, tableLookup(parsed.rules));
    assert.deepEqual(findRule(who, cdbLookup(cdbWrite(compiled.records))), fromText);
  });
  fc.assert(sample, { numRuns: 200 });
});

test('compiled rules keep what tcprules writes: D for deny, each variable in its order', () => {
  const compiled = compileRules('1.2.3.4:deny,A="1",B=/x"y/\n');
  assert.ok('records' in compiled);
  assert.deepEqual(
    compiled.records.map(({ key, value }) => [toByteString(key), toByteString(value)]),
    [['1.2.3.4', 'D\0+A=1\0+B=x"y\0']],
  );
  for (const bad of ['1.2.3.4', '1.2.3.4:allow,X', '9-1.2.3.4:allow', '1:2:zz:allow', '1.2.3.4:allowed']) {
    assert.ok('wrong' in compileRules(bad), bad);
  }
});

test('lists: names, answers that list, orders of a rule', () => {
  assert.equal(listName('192.0.2.5', 'l.test'), '5.2.0.192.l.test');
  assert.equal(listName('2001:db8::1', 'l.test'), `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.l.test`);
  assert.equal(listName('unknown', 'l.test'), undefined);
  assert.deepEqual([['127.0.0.2'], ['10.0.0.1'], ['127.255.255.254', '127.0.0.2']].map(lists), ['listed', 'clear', 'misused']);
  assert.deepEqual(ordered('-go\r\n250 ok', false), { code: 553, text: 'go??250 ok' });
  assert.deepEqual([ordered(undefined, true), ordered('', true)], [undefined, 'pass']);
});

test('options of a listener: bounds, forms, and none that opens a door by a slip', () => {
  const wrong = (protocol: string, ...words: string[]): boolean => typeof parseOptions(protocol, words) === 'string';
  assert.ok(!wrong('smtp', 'rbl=a.test,b.test', 'allow=c.test', 'rblfail=closed', 'hostname=5', 'ident=30', 'rblcode=553'));
  for (const word of [
    'rbl=',
    'rbl=a b',
    'rbl=a..b',
    'hostname=0',
    'ident=31',
    'rblcode=550',
    'rblfail=x',
    'allow=a.test',
    'x=1',
  ]) {
    assert.ok(wrong('smtp', word), word);
  }
  assert.ok(wrong('qmqp', 'rbl=a.test') && wrong('pop3', 'rbl=a.test') && !wrong('qmtp', 'rbl=a.test'));
  assert.equal(inquirySetting({ rules: 'r' }), undefined);
  assert.deepEqual(
    inquirySetting({ rbl: 'a.test', allow: 'c.test' })?.lists.map(({ zone }) => zone),
    ['c.test', 'a.test'],
  );
});

test('control/recipients: forms, keys, lists', () => {
  assert.deepEqual(parseRecipientSource('program a  b'), { kind: 'program', words: ['a', 'b'] });
  for (const line of ['', 'on', 'local x', 'file', 'cdb a b', 'program'])
    assert.equal(parseRecipientSource(line), undefined, line);
  assert.deepEqual(recipientKeys('Joe', 'Here.example'), ['joe@here.example', '@here.example']);
  assert.deepEqual(recipientList(' A@b \r\n# c\n\n@D'), ['a@b', '@d']);
});
