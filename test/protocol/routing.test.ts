/** Routing of one recipient: every row of the observed table, and the rules as properties. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSettings } from '../../src/protocol/control.js';
import { controlMap } from '../../src/protocol/control-files.js';
import { logSafe } from '../../src/protocol/log-line.js';
import { compileRouting, type RoutingSettings } from '../../src/protocol/routing.js';
import { recordedSend } from './recorded.js';

const virtualdomains = [
  'v.example:joe-v',
  '.w.example:alias-w',
  'user@x.example:joe-u',
  'not.w.example:',
  'UPPER.example:joe-up',
  ':alias-catch',
  'novirt.example',
];
function settings(lines: readonly string[], more: Partial<RoutingSettings> = {}): RoutingSettings {
  return {
    envnoathost: 'mx.test.example',
    percenthack: ['example.org'],
    locals: ['mx.test.example', 'example.org'],
    virtualdomains: controlMap(new Map([['virtualdomains', lines.join('\n')]]), 'virtualdomains'),
    ...more,
  };
}
const withCatchAll = compileRouting(settings(virtualdomains));
const withoutCatchAll = compileRouting(settings(virtualdomains.filter((line) => !line.startsWith(':'))));

const observed: readonly (readonly [recipient: string, result: string])[] = [
  ['a%mx.test.example@example.org', 'local a@mx.test.example'],
  ['a%b%v.example@example.org', 'local joe-v-a%b@v.example'],
  ['z%foo@mx.test.example', 'local z%foo@mx.test.example'],
  ['lone', 'local lone@mx.test.example'],
  ['x@sub.w.example', 'local alias-w-x@sub.w.example'],
  ['x@not.w.example', 'remote x@not.w.example'],
  ['d@w.example', 'local alias-catch-d@w.example'],
  ['User@X.example', 'local joe-u-User@X.example'],
  ['other@x.example', 'local alias-catch-other@x.example'],
  ['y@upper.EXAMPLE', 'local joe-up-y@upper.EXAMPLE'],
  ['c@novirt.example', 'local alias-catch-c@novirt.example'],
  ['a%zz@[1.2.3.4]', 'local alias-catch-a%zz@[1.2.3.4]'],
  // Not in the table: what follows from the rules.
  ['', 'local @mx.test.example'],
  ['A@MX.test.EXAMPLE', 'local A@MX.test.EXAMPLE'],
  ['x@a.b.w.example', 'local alias-w-x@a.b.w.example'],
  ['x@deep.not.w.example', 'local alias-w-x@deep.not.w.example'],
  ['a@b@v.example', 'local joe-v-a@b@v.example'],
  ['a%v.example%example.org@Example.ORG', 'local joe-v-a@v.example'],
  ['%@example.org', 'local alias-catch-@'],
  ['x@', 'local alias-catch-x@'],
];
for (const [recipient, result] of observed) {
  test(`${recipient} → ${result}`, () => {
    const { channel, address } = withCatchAll.route(recipient);
    assert.equal(`${channel} ${address}`, result);
  });
}

test('without the catch-all line what it caught is remote', () => {
  for (const recipient of ['d@w.example', 'c@novirt.example', 'a%zz@[1.2.3.4]', 'other@x.example']) {
    assert.deepEqual(withoutCatchAll.route(recipient), { channel: 'remote', address: recipient });
  }
});

test('recorded cases: the first message goes where the log says', () => {
  let compared = 0;
  for (const { id, controls, inject, expected } of recordedSend()) {
    const parsed = parseSettings(new Map(Object.entries(controls)));
    assert.ok('settings' in parsed, id);
    const started = (expected.messages[0] ?? [])
      .map((line) => /^starting delivery \d+: msg \S+ to (.*)$/.exec(line)?.[1])
      .filter((text) => text !== undefined);
    const routing = compileRouting(parsed.settings);
    const routed = (inject[0]?.recipients ?? []).map((to) => routing.route(to));
    if (started.length === 0 || routed.length === 0) continue;
    const expectedOnes = new Set(routed.map(({ channel, address }) => `${channel} ${logSafe(address)}`));
    assert.deepEqual([...new Set(started)].toSorted(), [...expectedOnes].toSorted(), id);
    compared++;
  }
  assert.ok(compared >= 100, `${compared} recorded messages`);
});

test('bounces strip the prefix of a domain, not of a user', () => {
  assert.equal(withCatchAll.stripVirtual('joe-v-fail@v.example'), 'fail@v.example');
  assert.equal(withCatchAll.stripVirtual('joe-v-fail@V.Example'), 'fail@V.Example');
  assert.equal(withCatchAll.stripVirtual('joe-nouser-user@x.example'), 'joe-nouser-user@x.example');
  assert.equal(withCatchAll.stripVirtual('joe-vfail@v.example'), 'joe-vfail@v.example');
  assert.equal(withCatchAll.stripVirtual('x@not.w.example'), 'x@not.w.example');
  assert.equal(withCatchAll.stripVirtual('alias-catch-s@s.test'), 's@s.test');
  assert.equal(withCatchAll.stripVirtual('no-host'), 'no-host');
});

test('octets above 127 are compared as they are', () => {
  const routing = compileRouting(settings(['\xc3\x89.example:e']));
  assert.equal(routing.route('x@\xc3\x89.EXAMPLE').channel, 'local');
  assert.equal(routing.route('x@\xe3\x89.example').channel, 'remote');
});

const local = fc.string({ minLength: 0, maxLength: 12, unit: fc.constantFrom('a', 'B', '-', '.', '@', '%', '+') });
const host = fc.string({ minLength: 0, maxLength: 8, unit: fc.constantFrom('a', 'B', '.', 'w', 'x') });

test('an address without percent hack keeps its text behind the prefix, and the prefix can be stripped', () => {
  const routing = compileRouting(settings(['.a:one', 'x:two', 'w.x:', ':rest'], { percenthack: [], locals: ['b'] }));
  fc.assert(
    fc.property(local, host, (user, domain) => {
      const recipient = `${user}@${domain}`;
      const routed = routing.route(recipient);
      assert.ok(routed.address.endsWith(recipient));
      if (routed.channel === 'remote') assert.equal(routed.address, recipient);
      if (domain.toLowerCase() !== 'b') assert.equal(routing.stripVirtual(routed.address), recipient);
    }),
  );
});

test('a hundred thousand virtual domains', () => {
  const lines = Array.from({ length: 100_000 }, (_, i) => `d${i}.example:p${i}`);
  const routing = compileRouting(settings(lines));
  assert.deepEqual(routing.route('u@D99999.example'), { channel: 'local', address: 'p99999-u@D99999.example' });
  assert.deepEqual(routing.route('u@sub.d99999.example'), { channel: 'remote', address: 'u@sub.d99999.example' });
});
