/** multilog's command line, its patterns and its choice of lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesPattern } from '../../../src/protocol/log/pattern.js';
import { chosenActions, parseLogScript } from '../../../src/protocol/log/script.js';

test('a star runs to the first unit that is the one after it, at the end to the end', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['', '', true],
    ['', 'x', false],
    ['*', 'anything', true],
    ['a*', 'abc', true],
    ['*: status: *', 'x: status: local 0/10', true],
    ['* status: *', 'a b status: x', false],
    ['*b*d', 'abcd', true],
    ['abc', 'abcd', false],
    ['abcd', 'abc', false],
    ['@* new msg *', '@4000000038c3eeb104a6ecf4 new msg 12', true],
  ];
  for (const [pattern, line, expected] of cases) assert.equal(matchesPattern(pattern, line), expected, `${pattern} ${line}`);
});

test('a pattern without star matches itself alone', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('*')),
      fc.string(),
      (text, other) => {
        assert.equal(matchesPattern(text, text), true);
        assert.equal(matchesPattern(text, other), text === other);
      },
    ),
  );
});

test('sizes and processors count for the folders after them', () => {
  const script = parseLogScript([
    't',
    './all',
    's5000',
    'n3',
    '!gzip',
    '-*',
    '+*alert*',
    'e',
    '=status',
    '/var/some',
    's1',
    '!',
    'n1',
    './x',
  ]);
  assert.ok(!('wrong' in script));
  assert.equal(script.stamp, true);
  assert.deepEqual(script.actions, [
    { kind: 'folder', path: './all', size: 99_999, keep: 10, processor: undefined },
    { kind: 'select', select: false, pattern: '*' },
    { kind: 'select', select: true, pattern: '*alert*' },
    { kind: 'stderr' },
    { kind: 'status', file: 'status' },
    { kind: 'folder', path: '/var/some', size: 5_000, keep: 3, processor: 'gzip' },
    { kind: 'folder', path: './x', size: 4_096, keep: 2, processor: undefined },
  ]);
  assert.deepEqual(chosenActions(script.actions, 'status: x'), [0]);
  assert.deepEqual(chosenActions(script.actions, 'an alert'), [0]);
  assert.deepEqual(chosenActions(script.actions, 'alert'), [0, 3, 4, 5, 6]);
});

test('words that are no action are named', () => {
  for (const word of ['x', 's', 'sabc', '=', 'nine', '']) assert.ok('wrong' in parseLogScript([word]), word);
  assert.deepEqual(parseLogScript(['e', 't']), { wrong: 't must be the first action' });
});
