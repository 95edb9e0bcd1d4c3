/** Reading control/: bytes as latin1, missing against unreadable, pipes and folders in the place of files. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseSettings } from '../../src/protocol/control.js';
import { controlNames } from '../../src/protocol/control-names.js';
import { readControlDir, readSettings } from '../../src/store/control-dir.js';

async function homeWith(t: TestContext, files: Record<string, string | Uint8Array>): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'tqmail-control-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  await mkdir(join(home, 'control'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(home, 'control', name), content);
  return home;
}

test('texts are latin1, missing files are absent, other files are not read', async (t) => {
  const home = await homeWith(t, { me: Uint8Array.of(0xc3, 0xa9, 10), locals: '', 'servercert.pem': 'x' });
  const { files, problems } = await readControlDir(home);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [...files],
    [
      ['locals', ''],
      ['me', '\xc3\xa9\n'],
    ],
  );
});

test('settings of a home', async (t) => {
  const home = await homeWith(t, { me: 'mx.example\n', virtualdomains: 'v.example:joe\n' });
  const result = await readSettings(home);
  assert.ok('settings' in result);
  assert.equal(result.settings.helohost, 'mx.example');
  assert.deepEqual(result.settings.virtualdomains, { 'v.example': 'joe' });
});

test('what is there and no readable file is a problem with its name', async (t) => {
  const home = await homeWith(t, { me: 'mx.example\n', topology: 'none\n' });
  await mkdir(join(home, 'control', 'locals'));
  assert.equal(spawnSync('mkfifo', [join(home, 'control', 'rcpthosts')]).status, 0);
  await symlink('smtproutes', join(home, 'control', 'smtproutes'));
  await symlink('nowhere', join(home, 'control', 'databytes'));
  const result = await readSettings(home);
  assert.ok('problems' in result);
  assert.deepEqual(
    result.problems.map(({ file, line }) => [file, line]),
    [
      ['control/locals', 0],
      ['control/rcpthosts', 0],
      ['control/smtproutes', 0],
      ['control/topology', 1],
    ],
  );
  assert.match(result.problems[2]?.text ?? '', /cannot be read \(ELOOP\); make it readable/);
});

test('an unreadable me is not called missing', async (t) => {
  const home = await homeWith(t, { locals: 'a\n' });
  await mkdir(join(home, 'control', 'me'));
  const result = await readSettings(home);
  assert.ok('problems' in result);
  assert.deepEqual(
    result.problems.map(({ file }) => file),
    ['control/me'],
  );
  assert.match(result.problems[0]?.text ?? '', /not a regular file/);
});

test('a file beyond the limit is refused unread', async (t) => {
  const home = await homeWith(t, { me: 'mx.example\n', rcpthosts: '' });
  await truncate(join(home, 'control', 'rcpthosts'), 64 * 1024 * 1024 + 1);
  const { problems } = await readControlDir(home);
  assert.deepEqual(
    problems.map(({ file }) => file),
    ['control/rcpthosts'],
  );
  assert.match(problems[0]?.text ?? '', /has 67108865 octets/);
});

test('no control folder: one problem that says how to get one', async (t) => {
  const home = await homeWith(t, {});
  await rm(join(home, 'control'), { recursive: true });
  const result = await readSettings(home);
  assert.ok('problems' in result);
  assert.deepEqual(
    result.problems.map(({ file }) => file),
    ['control'],
  );
  assert.match(result.problems[0]?.text ?? '', /\(ENOENT\); create a home with tqmail init/);
});

test('every setting has its file among the names that are read', () => {
  const result = parseSettings(new Map([['me', 'mx.example']]));
  assert.ok('settings' in result);
  assert.deepEqual(Object.keys(result.settings).toSorted(), controlNames.toSorted());
});
