/**
 * A short hunt over every parser with a fixed seed, and proof that a hunt finds what is wrong: a server that ends messages
 * at bare line feeds, a parser that throws, one that hangs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunt } from './hunt.js';
import { holds, type Target } from './target.js';
import { targets } from './targets/all.js';
import { smtpServerThat } from './targets/smtp-server.js';

/** All hunts together take about ten seconds. */
const limits = { seed: 20_011, milliseconds: 250, executions: 20_000 };

for (const target of targets) {
  test(`${target.name}: nothing throws, nothing disagrees`, (t) => {
    const { executions, seedStates, newStates, crashers } = hunt(target, limits);
    t.diagnostic(`${executions} executions, ${seedStates} + ${newStates} states`);
    assert.deepEqual(crashers, []);
    assert.ok(newStates > 0, 'changed inputs lead further than the seeds');
  });
}

const untilFound = { seed: 1, milliseconds: 30_000, executions: 100_000, enough: 1 };
const words = ['<', '>', 'abc'];
const parser = (name: string, run: (input: string) => string): Target => ({ name, words, seeds: () => ['a<b>c'], run });

test('a server that takes a bare LF for the end of a message is found', () => {
  const lenient = smtpServerThat((input) => input.replace(/\n\.\n/g, '\r\n.\r\n'));
  const { crashers } = hunt(lenient, { ...untilFound, executions: 20_000 });
  assert.match(crashers[0]?.reason ?? 'none', /what was kept stands in what was sent/);
});

test('a throw is found and made small, a wrong answer too', () => {
  const throws = parser('throws', (input) => {
    if (input.includes('<<') && input.includes('\x80')) throw new Error('planted');
    return input.slice(0, 3);
  });
  const [one] = hunt(throws, untilFound).crashers;
  assert.match(one?.reason ?? 'none', /planted/);
  assert.ok((one?.input.length ?? 99) <= 3, JSON.stringify(one?.input));
  const wrong = parser('wrong', (input) => {
    holds('brackets balance', !input.includes('>>'));
    return '';
  });
  assert.match(hunt(wrong, untilFound).crashers[0]?.reason ?? 'none', /brackets balance/);
});

test('a parser that takes too long is found', () => {
  const slow = parser('slow', (input) => {
    for (const begun = process.cpuUsage(); input.includes('>>') && process.cpuUsage(begun).user < 40_000; );
    return input.slice(0, 3);
  });
  const { crashers } = hunt(slow, { ...untilFound, patienceMs: 20 });
  assert.match(crashers[0]?.reason ?? 'none', /^took \d+ ms of processor time/);
});

test('the same seed leads to the same states', () => {
  const [first] = targets;
  if (first === undefined) throw new Error('no target');
  const bounded = { seed: 7, milliseconds: 60_000, executions: 300 };
  assert.deepEqual(hunt(first, bounded), hunt(first, bounded));
});
