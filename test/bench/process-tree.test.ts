/**
 * CPU and memory of process trees, and the end of what was started, on known children.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChild } from '../../bench/process/children.js';
import { cpuSeconds, isAlive, processTree, pssMiB } from '../../bench/process/tree.js';

/** Uses the given milliseconds of CPU, says so, and then stays. */
const burner = (ms: number): string =>
  `const end = process.cpuUsage().user + process.cpuUsage().system + ${ms * 1000};` +
  `for (let u = process.cpuUsage(); u.user + u.system < end; u = process.cpuUsage());` +
  `process.stdout.write('done'); setInterval(() => {}, 1000);`;

async function output(read: () => string, wanted: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; !read().includes(wanted); ) {
    assert.ok(Date.now() < deadline, `no ${wanted}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a grandchild’s CPU counts, before and after it has ended', async () => {
  const script = `const c = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burner(200))}], { stdio: ['ignore', 'inherit', 'inherit'] });
    process.on('SIGUSR2', () => c.kill()); c.on('exit', () => process.stdout.write('reaped')); setInterval(() => {}, 1000);`;
  const child = await startChild(process.execPath, ['-e', script]);
  try {
    await output(() => child.output.stdout, 'done');
    assert.equal(processTree([child.pid]).size, 2);
    const before = cpuSeconds([child.pid]);
    assert.ok(before >= 0.19, `${before} s`);
    assert.ok(pssMiB([child.pid]) > 5);
    process.kill(child.pid, 'SIGUSR2');
    await output(() => child.output.stdout, 'reaped');
    const after = cpuSeconds([child.pid]);
    assert.ok(after >= before - 0.011, `${after} s after ${before} s`);
  } finally {
    await child.stop();
  }
});

test('stopping a child ends what is below it, even what ignores the signal', async () => {
  const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); process.stdout.write('up')`;
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stubborn)}], { stdio: ['ignore', 'inherit', 'inherit'] }); setInterval(() => {}, 1000);`;
  const child = await startChild(process.execPath, ['-e', script]);
  await output(() => child.output.stdout, 'up');
  const tree = [...processTree([child.pid])];
  assert.equal(tree.length, 2);
  await child.stop('SIGTERM', 200);
  for (const [pid, { started }] of tree) assert.equal(isAlive(pid, started), false);
});

test('a program that is not there is an error with its name', async () => {
  await assert.rejects(startChild('/nonexistent/program', []), /cannot start \/nonexistent\/program/);
});
