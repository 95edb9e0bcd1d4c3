/**
 * Progress of long work: on a terminal one line that is wiped away, in a pipe nothing.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { progressLine } from '../../src/cli/progress.js';
import { launcher, run, scratch } from './command.js';

function screen(
  isTTY: boolean,
  columns?: number,
): { readonly written: string[]; isTTY: boolean; columns?: number; write(text: string): void } {
  const written: string[] = [];
  return { written, isTTY, ...(columns === undefined ? {} : { columns }), write: (text) => written.push(text) };
}

test('a terminal gets one line, at most five times a second, cut to its width', () => {
  const terminal = screen(true, 12);
  let clock = 1_000;
  const progress = progressLine('work', terminal, () => clock);
  for (const text of ['1 of 9', '2 of 9', '3 of 9']) {
    progress.show(text);
    clock += 150;
  }
  progress.clear();
  assert.deepEqual(
    terminal.written,
    ['work', 'work: 1 of ', 'work: 3 of ', ''].map((text) => `\r\x1b[K${text}`),
  );
});

test('what is no terminal gets nothing', () => {
  const pipe = screen(false);
  const progress = progressLine('work', pipe);
  progress.show('1');
  progress.clear();
  assert.deepEqual(pipe.written, []);
});

test('report stays quiet in a pipe, and shows and wipes its line on a terminal', async (t) => {
  const log = join(scratch(t), 'log');
  writeFileSync(log, 'status: local 0/10 remote 0/20\n'.repeat(45_000));
  const { code, stdout, stderr } = await run(t, 'tqmail', ['report', '--part', 'overall', log]).finished;
  assert.deepEqual([code, stderr], [0, '']);
  const command = `'${process.execPath}' '${launcher('tqmail')}' report --part overall '${log}'`;
  // script(1) of util-linux gives it a terminal.
  const ran = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'latin1', input: '' });
  if (ran.error !== undefined) return t.diagnostic('not applicable: script is not installed');
  assert.match(ran.stdout, /\r\x1b\[Kreport: 20000 lines, [^\r]*\r\x1b\[K/);
  const shown = ran.stdout.slice(ran.stdout.lastIndexOf('\r\x1b[K') + 4).replaceAll('\r\n', '\n');
  assert.equal(shown, stdout);
});
