/** control/listeners: good lines, and what is said about bad ones. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListeners } from '../../src/protocol/listeners.js';
import type { SettingsProblem } from '../../src/protocol/settings.js';

function read(text: string) {
  const problems: SettingsProblem[] = [];
  const listeners = parseListeners(new Map([['listeners', text]]), problems);
  return { listeners, problems };
}

test('protocol, address, port and options', () => {
  const { listeners, problems } = read(
    '# ours\nsmtp 127.0.0.1:2525\n\n  smtp\t[0:0::1]:25 rules=tcp.smtp max=20 \r\npop3 0.0.0.0:0\npop3 0.0.0.0:0\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(listeners, [
    { protocol: 'smtp', address: '127.0.0.1', port: 2525, options: {} },
    { protocol: 'smtp', address: '::1', port: 25, options: { rules: 'tcp.smtp', max: '20' } },
    { protocol: 'pop3', address: '0.0.0.0', port: 0, options: {} },
    { protocol: 'pop3', address: '0.0.0.0', port: 0, options: {} },
  ]);
});

test('no file: no listeners, no problem', () => {
  const problems: SettingsProblem[] = [];
  assert.deepEqual(parseListeners(new Map(), problems), []);
  assert.deepEqual(problems, []);
});

const bad: readonly (readonly [line: string, says: RegExp])[] = [
  ['stmp 127.0.0.1:25', /protocol "stmp" is unknown; known are smtp, qmtp/],
  ['smtp', /no address after smtp/],
  ['smtp 127.0.0.1', /has no port/],
  ['smtp 127.0.0.1:', /port that is not a number/],
  ['smtp 127.0.0.1:65536', /port that is not a number from 0 to 65535/],
  ['smtp 127.0.0.1:-1', /port that is not a number/],
  ['smtp 127.0.0.256:25', /has no IP address/],
  ['smtp localhost:25', /not a host name/],
  ['smtp ::1:25', /IPv6 address stands in brackets/],
  ['smtp [::1]25', /IPv6 address stands in brackets/],
  ['smtp [::g]:25', /has no IP address/],
  ['smtp [1.2.3.4]:25', /has no IP address/],
  ['smtp 127.0.0.1:25 rule=x', /option "rule" is unknown/],
  ['smtp 127.0.0.1:25 rules', /option rules needs a value/],
  ['smtp 127.0.0.1:25 max=0', /max="0" is not a whole number/],
  ['smtp 127.0.0.1:25 max=10001', /not a whole number from 1 to 10000/],
  ['smtp 127.0.0.1:25 max=1 max=2', /option max stands twice/],
];
for (const [line, says] of bad) {
  test(`bad line: ${line}`, () => {
    const { listeners, problems } = read(`smtp 127.0.0.1:2525\n${line}\n`);
    assert.equal(listeners.length, 1);
    assert.equal(problems.length, 1);
    assert.deepEqual([problems[0]?.file, problems[0]?.line], ['control/listeners', 2]);
    assert.match(problems[0]?.text ?? '', says);
  });
}

test('the same address and port twice is a problem that names the first line', () => {
  const { problems } = read('smtp 127.0.0.1:25\n\nqmtp 127.0.0.1:25\n');
  assert.deepEqual(
    problems.map(({ line, text }) => [line, text]),
    [[3, '127.0.0.1 port 25 is taken by line 1; use another port']],
  );
});
