/**
 * Homes whose folders and files others could use: the server does not start, gives nothing away, and says in one line
 * which path it is about and what to do.
 */
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeHome, run, startServer } from '../cli/command.js';

const fakeNode = fileURLToPath(new URL('../cli/fake-node.js', import.meta.url));

/** A server that has not ended by then has started. */
const patienceMs = 20_000;

interface Fault {
  readonly what: string;
  spoil(home: string): void;
  /** What is said about `home`. */
  readonly says: RegExp;
}

const open =
  (path: string, mode: number): Fault['spoil'] =>
  (home) =>
    chmodSync(join(home, path), mode);

const faults: readonly Fault[] = [
  { what: 'queue/ that others can enter', spoil: open('queue', 0o755), says: /home\/queue is open to others; run: chmod 700/ },
  { what: 'queue/ that everybody can write', spoil: open('queue', 0o777), says: /home\/queue is open to others; run: chmod 700/ },
  { what: 'a home that everybody can write', spoil: open('.', 0o777), says: /home can be written by everybody; run: chmod o-w/ },
  { what: 'control/ that everybody can write', spoil: open('control', 0o777), says: /home\/control can be written by everybody/ },
  {
    what: 'a control file that everybody can write',
    spoil: open('control/me', 0o666),
    says: /control\/me can be written by everybody/,
  },
  {
    what: 'users/ that everybody can write',
    spoil: (home) => {
      mkdirSync(join(home, 'users'), { recursive: true });
      chmodSync(join(home, 'users'), 0o777);
    },
    says: /home\/users can be written by everybody/,
  },
  {
    what: 'users/cdb that everybody can write',
    spoil: (home) => {
      mkdirSync(join(home, 'users'), { recursive: true });
      writeFileSync(join(home, 'users/cdb'), '');
      chmodSync(join(home, 'users/cdb'), 0o666);
    },
    says: /users\/cdb can be written by everybody/,
  },
  {
    what: 'run/ that is a link',
    spoil: (home) => {
      rmSync(join(home, 'run'), { recursive: true, force: true });
      mkdirSync(join(dirname(home), 'precious'), { mode: 0o700 });
      symlinkSync(join(dirname(home), 'precious'), join(home, 'run'));
    },
    says: /home\/run: it is not a folder of its own; remove it/,
  },
  {
    what: 'run/ that is a file',
    spoil: (home) => {
      rmSync(join(home, 'run'), { recursive: true, force: true });
      writeFileSync(join(home, 'run'), '');
    },
    says: /home\/run: it is not a folder of its own; remove it/,
  },
  {
    what: 'queue/lock that is a link',
    spoil: (home) => {
      rmSync(join(home, 'queue/lock'), { force: true });
      writeFileSync(join(dirname(home), 'precious'), 'x', { mode: 0o600 });
      symlinkSync(join(dirname(home), 'precious'), join(home, 'queue/lock'));
    },
    says: /home\/queue\/lock: /,
  },
  {
    what: 'queue/ that is a file',
    spoil: (home) => {
      renameSync(join(home, 'queue'), join(home, 'q'));
      writeFileSync(join(home, 'queue'), '');
    },
    says: /queue is not a folder/,
  },
];

async function refusal(t: TestContext, home: string): Promise<string> {
  const { child, finished } = run(t, 'tqmail', ['start', '--home', home, '--node-entry', fakeNode]);
  const timer = setTimeout(() => child.kill(), patienceMs);
  const { code, stdout, stderr } = await finished;
  clearTimeout(timer);
  assert.equal(code, 111, stdout + stderr);
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  return stderr;
}

for (const { what, spoil, says } of faults) {
  test(what, async (t) => {
    const home = await makeHome(t);
    spoil(home);
    const precious = join(dirname(home), 'precious');
    const before = statSync(precious, { throwIfNoEntry: false });
    assert.match(await refusal(t, home), says);
    const after = statSync(precious, { throwIfNoEntry: false });
    assert.deepEqual(
      [after?.uid, after?.mode, after?.size],
      [before?.uid, before?.mode, before?.size],
      'nothing behind a link changed',
    );
  });
}

test('a home as it was made starts, and run/ is repaired', async (t) => {
  const home = await makeHome(t);
  mkdirSync(join(home, 'run'), { recursive: true });
  chmodSync(join(home, 'run'), 0o777);
  await startServer(t, home).ready();
  assert.equal(lstatSync(join(home, 'run')).mode & 0o777, 0o755);
});
