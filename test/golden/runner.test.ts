/**
 * The golden runner can fail: every case of every file in force fails when what it expects is changed, and the command
 * line says so with its exit code.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run } from '../runner/command.js';
import { root } from '../runner/tree.js';
import type { RecordedCase } from './runner/adapter.js';
import { choices, ownChoices } from './runner/differences.js';
import { judge } from './runner/judge.js';
import { casesFolder, filesInForce, readCases } from './runner/lists.js';

/** Every way to change one leaf of a value: a number one higher, a text with one octet more, a list one entry longer. */
function* changes(value: unknown): Generator<unknown> {
  if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'string') yield `${value}x`;
  else if (Array.isArray(value)) {
    yield [...value, {}];
    if (value.length > 0) yield value.slice(1);
    for (const [index, item] of value.entries()) for (const changed of changes(item)) yield value.with(index, changed);
  } else if (typeof value === 'object' && value !== null)
    for (const [name, item] of Object.entries(value)) for (const changed of changes(item)) yield { ...value, [name]: changed };
}

const folder = casesFolder(undefined);
const own = ownChoices();
const inForce = [...filesInForce()];

function scratch(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), 'tqmail-golden-test-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

const golden = (...args: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, [join(root, 'dist/test/golden/run.js'), ...args], 110);

test('files are in force', () => assert.ok(inForce.length > 0));

for (const file of inForce) {
  test(`${file}: every single change of what a case expects is a failure`, (t) => {
    const cases = readCases(folder, file);
    let seen = 0;
    for (const test of cases) {
      const { id, expected } = test;
      const choice = own(file, test);
      const wanted = choice?.listed === true ? choice.result : expected;
      assert.notEqual(judge(expected, wanted, choice).is, 'failed', id);
      for (const changed of changes(wanted)) {
        assert.equal(judge(expected, changed, choice).is, 'failed', `${id}: ${JSON.stringify(changed).slice(0, 300)}`);
        seen += 1;
      }
    }
    assert.ok(seen >= cases.length);
    t.diagnostic(`${cases.length} cases, ${seen} changes`);
  });

  test(`${file}: cases run against changed expectations fail, and the exit code says so`, async (t) => {
    const place = scratch(t);
    const every = readCases(folder, file).filter((test) => own(file, test) === undefined);
    const step = Math.max(1, Math.floor(every.length / 6));
    const sample = every.filter((_, index) => index % step === 0);
    const changed = sample.map((one, index): RecordedCase => {
      const ways = [...changes(one.expected)];
      return { ...one, expected: ways[(index * 7) % ways.length] };
    });
    cpSync(folder, place, { recursive: true });
    writeFileSync(join(place, `${file}.jsonl`), changed.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const ran = await golden('--dir', place, '--file', file);
    assert.equal(ran.code, 1, ran.output);
    assert.match(ran.output, new RegExp(`^\\{"file":"${file}","passed":0,"failed":${changed.length},"different":0\\}$`, 'm'));
    for (const { id } of changed) assert.match(ran.output, new RegExp(`^${id} `, 'm'));
  });
}

const one = (id: string, more: object = {}): RecordedCase => ({
  id,
  area: 'a',
  description: 'd',
  expected: { exit: 0, output: 'a' },
  ...more,
});

test('a listed difference that is gone, and one without its chosen result, are failures', () => {
  const is = (got: object, difference: object): string => {
    const listed = choices([{ reason: 'why', ids: ['x-1'], ...difference }]);
    return judge(one('x-1').expected, got, listed('x', one('x-1'))).is;
  };
  const chosen = { chosen: { 'x-1': { output: 'b' } } };
  assert.equal(is({ exit: 0, output: 'b' }, chosen), 'different');
  assert.equal(is({ exit: 0, output: 'a' }, chosen), 'failed');
  assert.equal(is({ exit: 1, output: 'b' }, chosen), 'failed');
  assert.equal(is({ exit: 0, output: 'b' }, {}), 'failed');
});

test('a rule holds for cases that no list names, and for those alone that it is about', () => {
  const rule = { file: 'x', where: { input: '^b', 'controls.me': null }, replace: [['a$', 'b']], set: { exit: 7 } } as const;
  const ruled = choices([{ reason: 'why', ids: [], rule }]);
  const verdict = (file: string, more: object, got: object): string =>
    judge(one('x-2').expected, got, ruled(file, one('x-2', more))).is;
  const got = { exit: 7, output: 'b' };
  assert.equal(verdict('x', { input: 'bc' }, got), 'different');
  assert.equal(verdict('x', { input: 'bc' }, { exit: 0, output: 'a' }), 'passed');
  assert.equal(verdict('x', { input: 'bc' }, { exit: 7, output: 'c' }), 'failed');
  assert.equal(verdict('x', { input: 'cb' }, got), 'failed');
  assert.equal(verdict('x', { input: 'bc', controls: { me: 'here' } }, got), 'failed');
  assert.equal(verdict('y', { input: 'bc' }, got), 'failed');
});

test('several rules hold for one case; one that changes nothing is no reason', () => {
  const everywhere = { reason: 'help', ids: ['x-1'], rule: { file: 'x', replace: [['help', 'HELP']] } } as const;
  const some = { reason: 'closed', ids: [], rule: { file: 'x', where: { input: 'c' }, replace: [['a', 'b']] } } as const;
  const ruled = choices([everywhere, some]);
  const choice = (expected: object): object | undefined => ruled('x', { ...one('x-2', { input: 'c' }), expected });
  assert.deepEqual(choice({ output: 'a' }), { reason: 'closed', listed: false, result: { output: 'b' } });
  assert.deepEqual(choice({ output: 'help a' }), { reason: 'help; closed', listed: false, result: { output: 'HELP b' } });
  assert.equal(choice({ output: 'c' }), undefined);
  const sized = { reason: 'size', ids: [], rule: { file: 'x', replace: [['a', 'SIZE {controls.n}']] } } as const;
  const known = choices([sized])('x', { ...one('x-2', { controls: { n: '20x\n' } }), expected: { output: 'a' } });
  assert.deepEqual(known?.result, { output: 'SIZE 20' });
});

test('a folder that is missing, one without cases, an unknown file and an unknown option are failures', async (t) => {
  const place = scratch(t);
  const missing = await golden('--dir', join(place, 'nowhere'));
  assert.equal(missing.code, 1);
  assert.match(missing.output, /nowhere: there is no such folder/);
  mkdirSync(join(place, 'empty'));
  assert.equal((await golden('--dir', join(place, 'empty'))).code, 1);
  assert.equal((await golden('--file', 'nothing')).code, 1);
  const alien = join(place, 'alien');
  mkdirSync(alien);
  writeFileSync(join(alien, 'alien.jsonl'), '{"id":"alien-1","area":"a","description":"d","expected":{}}\n');
  const notRun = await golden('--dir', alien, '--file', 'alien');
  assert.equal(notRun.code, 1);
  assert.match(notRun.output, /^\{"file":"alien","passed":0,"failed":1,"different":0\}$/m);
  assert.equal((await golden('--nonsense')).code, 64);
});

test('without a file in force the whole run fails', async (t) => {
  const place = scratch(t);
  writeFileSync(join(place, 'alien.jsonl'), '{"id":"alien-1","area":"a","description":"d","expected":{}}\n');
  const ran = await golden('--dir', place, '--in-force');
  assert.equal(ran.code, 1);
  assert.match(ran.output, new RegExp(`there is no ${[...inForce].sort()[0]}\\.jsonl`));
});
