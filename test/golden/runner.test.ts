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
import { judge } from './runner/judge.js';
import { casesFolder, differencesById, filesInForce, readCases } from './runner/lists.js';

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
const differences = differencesById();
const inForce = [...filesInForce()];

function scratch(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), 'tqmail-golden-test-'));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

const golden = (...args: readonly string[]): ReturnType<typeof run> =>
  run(process.execPath, [join(root, 'dist/test/golden/run.js'), ...args], 100);

test('files are in force', () => assert.ok(inForce.length > 0));

for (const file of inForce) {
  test(`${file}: every single change of what a case expects is a failure`, (t) => {
    const cases = readCases(folder, file);
    let seen = 0;
    for (const { id, expected } of cases) {
      const difference = differences.get(id);
      const wanted = difference === undefined ? expected : { ...(expected as object), ...difference.chosen?.[id] };
      assert.notEqual(judge(id, expected, wanted, difference).is, 'failed', id);
      for (const changed of changes(wanted)) {
        assert.equal(judge(id, expected, changed, difference).is, 'failed', `${id}: ${JSON.stringify(changed).slice(0, 300)}`);
        seen += 1;
      }
    }
    assert.ok(seen >= cases.length);
    t.diagnostic(`${cases.length} cases, ${seen} changes`);
  });

  test(`${file}: cases run against changed expectations fail, and the exit code says so`, async (t) => {
    const place = scratch(t);
    const every = readCases(folder, file).filter(({ id }) => !differences.has(id));
    const step = Math.max(1, Math.floor(every.length / 12));
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

test('a listed difference that is gone, and one without its chosen result, are failures', () => {
  const expected = { exit: 0, output: 'a' };
  const chosen = { reason: 'why', ids: ['x-1'], chosen: { 'x-1': { output: 'b' } } };
  assert.equal(judge('x-1', expected, { exit: 0, output: 'b' }, chosen).is, 'different');
  assert.equal(judge('x-1', expected, expected, chosen).is, 'failed');
  assert.equal(judge('x-1', expected, { exit: 1, output: 'b' }, chosen).is, 'failed');
  assert.equal(judge('x-1', expected, { exit: 0, output: 'b' }, { reason: 'why', ids: ['x-1'] }).is, 'failed');
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
