/** bin/qmail-clean beyond its recorded cases: numbers that no file can have, commands at their bounds, the sweep of pid/. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { run, scratch } from './command.js';

function queueOf(t: TestContext, files: readonly string[]): string {
  const queue = join(scratch(t), 'home/queue');
  for (const folder of ['intd', 'todo', 'pid', ...Array.from({ length: 23 }, (_, split) => `mess/${split}`)])
    mkdirSync(join(queue, folder), { recursive: true });
  for (const file of files) writeFileSync(join(queue, file), 'x');
  return queue;
}

async function answers(t: TestContext, queue: string, commands: string): Promise<string> {
  const { code, stdout } = await run(t, 'qmail-clean', [], { env: { QMAILHOME: join(queue, '..') }, stdin: commands }).finished;
  assert.equal(code, 0);
  return stdout;
}

test('numbers of any size, counted modulo 2^64; a command of a hundred octets is the longest', async (t) => {
  const queue = queueOf(t, ['mess/7/30', 'intd/30', 'mess/8/31', 'todo/32']);
  const wrapped = String(2n ** 64n + 30n);
  const longest = `todo/${'0'.repeat(92)}32`;
  const tooLong = `foop/${'0'.repeat(93)}31`;
  const commands = [`foop/${wrapped}`, `foop/${'9'.repeat(40)}`, longest, tooLong];
  assert.equal(await answers(t, queue, commands.map((command) => `${command}\0`).join('')), '+++x');
  const left = readdirSync(queue, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\/\d+\/\d+$|(intd|todo)\/\d+$/.test(name),
  );
  assert.deepEqual(left, ['mess/8/31']);
});

test('pid/ is swept of what is older than 36 hours', async (t) => {
  const queue = queueOf(t, ['pid/1.old', 'pid/2.new']);
  const old = Date.now() / 1000 - 129_700;
  utimesSync(join(queue, 'pid/1.old'), old, old);
  assert.equal(await answers(t, queue, 'foop/12\0'), '+');
  assert.deepEqual(readdirSync(join(queue, 'pid')), ['2.new']);
});
