/** Which queued messages an administrator's words mean, and the table of hosts and senders. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageText, type Chosen, compileChoice, isHeld, parseAge, type QueueChoice } from '../../src/protocol/queue-choice.js';
import { QueueTable } from '../../src/protocol/queue-table.js';

const message = (sender: string, ...to: string[]) => ({
  head: { id: 7, birth: 1_000, sender, unixSize: 1_048_576 },
  recipients: to.map((word) => ({ address: word.replace('!', ''), done: word.startsWith('!') })),
});
const chosen = (choice: QueueChoice, sender: string, ...to: string[]): Chosen => compileChoice(choice)(message(sender, ...to));

test('patterns are whole addresses with stars, in any case', () => {
  for (const [pattern, address, expected] of [
    ['ann@a.example', 'Ann@A.example', true],
    ['ann@a.example', 'joann@a.example', false],
    ['@a.example', 'ann@a.example', true],
    ['@a.example', 'ann@b.a.example', false],
    ['*.example', 'ann@b.example', true],
    ['*@*.example', 'ann@b.example', true],
    ['a*a', 'a', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'acb', false],
    ['a*bc*c', 'abc', false],
    ['*', '', true],
    ['<>', '', true],
    ['<>', 'ann@a.example', false],
    ['', 'ann@a.example', false],
  ] as const)
    assert.equal(chosen({ from: pattern }, address, 'x@y'), expected ? 'whole' : 'no', `${pattern} ${address}`);
});

test('many stars take no time', () => {
  assert.equal(chosen({ from: '*a'.repeat(500) }, `${'a'.repeat(900)}b`, 'x@y'), 'no');
});

test('with a recipient it is told whether others are left; done ones do not count', () => {
  const to = '@far.example';
  assert.equal(chosen({ to }, '', 'a@far.example', 'b@far.example'), 'whole');
  assert.equal(chosen({ to }, '', 'a@far.example', 'b@near.example'), 'partly');
  assert.equal(chosen({ to }, '', 'a@far.example', '!b@near.example'), 'whole');
  assert.equal(chosen({ to }, '', '!a@far.example', 'b@near.example'), 'no');
});

test('all that is given must hold', () => {
  assert.equal(chosen({ ids: new Set([7]), from: 'x', bornBy: 1_000 }, 'x', 'a@b'), 'whole');
  assert.equal(chosen({ ids: new Set([8]), from: 'x' }, 'x', 'a@b'), 'no');
  assert.equal(chosen({ ids: new Set([7]), bornBy: 999 }, 'x', 'a@b'), 'no');
});

test('ages', () => {
  assert.deepEqual(['90', '30m', '12h', '7d', '7w', '', '-1', '1.5h'].map(parseAge), [
    90,
    1_800,
    43_200,
    604_800,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual([-5, 119, 120, 7_200, 200_000].map(ageText), ['0 s', '119 s', '2 min', '2 h', '2 d']);
});

test('held is what is planned for years from now on every channel', () => {
  assert.equal(isHeld({ remote: 4e8 }, 0), true);
  assert.equal(isHeld({ remote: 4e8, local: 5 }, 0), false);
  assert.equal(isHeld(undefined, 0), false);
});

test('the table: a line a host, most messages first; recipients of one message are told apart by host', () => {
  const table = new QueueTable('host', 5_000);
  const one = message('', 'a@Far.example', 'b@far.example', 'c@near.example');
  table.add({ ...one, head: { ...one.head, due: { remote: 5_300 } } });
  table.add({ ...message('', 'd@near.example'), head: { ...one.head, birth: 4_900, due: { remote: 9e8 } } });
  assert.deepEqual(
    table
      .text()
      .split('\n')
      .slice(1, 3)
      .map((line) => line.trim().split(/ {2,}/)),
    [
      ['2', '2', '2.0', '1', '66 min', '5 min', 'near.example'],
      ['1', '2', '1.0', '0', '66 min', '5 min', 'far.example'],
    ],
  );
  const senders = new QueueTable('sender', 5_000);
  for (let n = 0; n < 60; n++) senders.add(message(`s${n}@a`, 'a@b'));
  assert.match(senders.text(), /<s0@a>\n/);
  assert.match(senders.text(), /^\.\.\. and 10 more$/m);
});
