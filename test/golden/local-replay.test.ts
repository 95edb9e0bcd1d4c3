/**
 * The recorded cases of qmail-local, replayed through runLocal. Root runs them as an ordinary
 * user in a child process: file modes, which many cases are about, do not bind root.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = process.env.TQMAIL_GOLDEN ?? join(import.meta.dirname, '../../../test/golden/cases');
const recordedUid = 8001;

function run(program: string, args: readonly string[], identity: object): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...identity });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

test('qmail-local: recorded cases', async (t) => {
  const cases = join(folder, 'local.jsonl');
  assert.ok(existsSync(cases), `no recorded cases at ${cases}: set TQMAIL_GOLDEN to their folder`);
  const homes = mkdtempSync(join(tmpdir(), 'tqmail-replay-'));
  t.after(() => rmSync(homes, { recursive: true, force: true }));
  const root = process.getuid?.() === 0;
  if (root) chownSync(homes, recordedUid, recordedUid);
  const identity = root ? { uid: recordedUid, gid: recordedUid } : {};
  const replayer = fileURLToPath(new URL('local-replayer.js', import.meta.url));
  const { code, output } = await run(replayer, [cases, homes], identity);
  assert.equal(code, 0);
  const results = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(results.length > 0);
  t.diagnostic(`${results.length} cases replayed`);
  for (const { id, ok, got, want } of results) if (!ok) assert.deepEqual(got, want, id);
});
