/** tcprules sources and their lookup order (spec companions.md §1.2), IPv6 included. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromByteString } from '../../src/protocol/bytes.js';
import { cdbWrite } from '../../src/protocol/cdb.js';
import { parseRules } from '../../src/protocol/tcprules.js';
import { cdbLookup, findRule, ruleKeys, tableLookup } from '../../src/protocol/tcprules-lookup.js';

function verdict(source: string, ip: string): string {
  const parsed = parseRules(source);
  if (!('rules' in parsed)) throw new Error(JSON.stringify(parsed.problems));
  const rule = findRule({ ip }, tableLookup(parsed.rules));
  if (rule === undefined || rule === 'damaged') return 'none';
  return [rule.allow ? 'allow' : 'deny', ...[...rule.variables].map(([name, value]) => `${name}=${value}`)].join(' ');
}

test('the longest beginning of an address counts, then the rule for everybody', () => {
  const source = [
    '# ours',
    '127.:allow,RELAYCLIENT=""',
    '10.1.2.3:deny',
    '10.1.2.:allow,DATABYTES="5",RELAYCLIENT=/@x/',
    '10.1.2.3:allow',
    '',
    ':deny \t',
  ].join('\n');
  assert.equal(verdict(source, '127.9.9.9'), 'allow RELAYCLIENT=');
  assert.equal(verdict(source, '10.1.2.3'), 'deny', 'the first of two rules for one address');
  assert.equal(verdict(source, '10.1.2.4'), 'allow DATABYTES=5 RELAYCLIENT=@x');
  assert.equal(verdict(source, '10.1.20.4'), 'deny');
  assert.equal(verdict('1.2.3.4:deny', '1.2.3.5'), 'none');
});

test('ranges stand in any one part', () => {
  const source = '1.2.3.37-53:deny\n10.2-3.:allow,X="1"\n:allow';
  assert.deepEqual(
    ['1.2.3.36', '1.2.3.37', '1.2.3.53', '1.2.3.54', '10.3.9.9', '10.4.9.9'].map((ip) => verdict(source, ip)),
    ['allow', 'deny', 'deny', 'allow', 'allow X=1', 'allow'],
  );
});

test('IPv6: exact addresses in any spelling, groups as a prefix, and IPv4 written as IPv6', () => {
  const source =
    '::1:allow,RELAYCLIENT=""\n2001:0DB8::/32:deny\nfe80:0::allow,X="f"\n2001:db8:0:0:0:0:0:7:allow\n127.:allow,X="v4"';
  assert.deepEqual(
    ['::1', '2001:db8::8', '2001:db8::7', '2001:db9::1', '::ffff:127.0.0.1'].map((ip) => verdict(source, ip)),
    ['allow RELAYCLIENT=', 'deny', 'allow', 'none', 'allow X=v4'],
  );
  assert.equal(verdict('fe80::deny', 'fe80::1'), 'deny', 'fe80: followed by the colon of the rule');
  assert.deepEqual(ruleKeys({ ip: '::ffff:1.2.3.4' }), ['1.2.3.4', '1.2.3.', '1.2.', '1.', '']);
  assert.deepEqual(ruleKeys({ ip: '2001:db8::1' }).slice(-3), ['2001:db8:', '2001:', '']);
});

test('every bad line is told with its number', () => {
  const bad = parseRules(
    'x:foo\n1.2.3:allow\n# fine\n1.2.3.4:allow,RELAYCLIENT="\n1.2.3.9-4:deny\n1.2.3.4:allowed\n2001:db8::/33:deny\n300.:deny',
  );
  assert.ok('problems' in bad);
  assert.deepEqual(
    bad.problems.map(({ line }) => line),
    [1, 2, 4, 5, 6, 7, 8],
  );
  assert.match(bad.problems[0]?.text ?? '', /^"x:foo" is not address:allow or address:deny/);
  assert.match(bad.problems[1]?.text ?? '', /^"1.2.3:allow" is neither an address, nor the beginning of one/);
  assert.ok('rules' in parseRules('=.example.org:deny\ninfo@1.2.3.4:deny\n=:allow'));
});

test('compiled rules mean the same; a damaged file lets nobody in', () => {
  const record = (key: string, value: string) => ({ key: fromByteString(key), value: fromByteString(value) });
  const lookup = cdbLookup(cdbWrite([record('127.', '+RELAYCLIENT=\0+X=1\0'), record('1.2.', 'D\0'), record('9.', 'what')]));
  const found = findRule({ ip: '127.0.0.1' }, lookup);
  assert.ok(typeof found === 'object');
  assert.deepEqual(
    [found.allow, [...found.variables]],
    [
      true,
      [
        ['RELAYCLIENT', ''],
        ['X', '1'],
      ],
    ],
  );
  assert.deepEqual(findRule({ ip: '1.2.3.4' }, lookup), { allow: false, variables: new Map() });
  assert.equal(findRule({ ip: '9.9.9.9' }, lookup), 'damaged');
  assert.equal(findRule({ ip: '8.8.8.8' }, lookup), undefined);
});
