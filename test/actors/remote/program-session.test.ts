/** Deliveries by the program of $QMAILREMOTE: what it is given, what its report comes to. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ProgramSession } from '../../../src/actors/remote/program-session.js';
import { createRemoteSession } from '../../../src/actors/remote/worker.js';
import { delivery, hello, settings } from '../../support/remote-sessions.js';

/** A shell script in a folder of its own; the folder's path. */
function program(t: TestContext, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-program-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'remote'), `#!/bin/sh\ncd ${folder}\n${script}\n`);
  chmodSync(join(folder, 'remote'), 0o755);
  return folder;
}

const recording = "printf '%s\\n' \"$@\" > args; cat > message; printf 'hno\\n\\000r\\000Kdone\\n\\000'";

test('it gets host, sender and recipients as octets, and the message in unix form', async (t) => {
  const folder = program(t, recording);
  const session = new ProgramSession(join(folder, 'remote'));
  const recipients = ['j\xf6e@one.test', 'b@one.test'];
  const report = await session.deliver(delivery({ sender: 'a b@\xc3\xa9.test', recipients }), Buffer.from('s\r\n\r\n..x\r\n'));
  assert.equal(readFileSync(join(folder, 'args'), 'latin1'), 'one.test\na b@\xc3\xa9.test\nj\xf6e@one.test\nb@one.test\n');
  assert.equal(readFileSync(join(folder, 'message'), 'latin1'), 's\n\n.x\n');
  assert.deepEqual(report, {
    outcomes: [
      { status: 'D', text: 'no\n' },
      { status: 'K', text: 'done\n' },
    ],
    closed: true,
    timedOut: [],
  });
  assert.equal(session.ready, true);
  session.close();
  assert.equal(session.ready, false);
});

test('bodies in files of either form', async (t) => {
  const folder = program(t, recording);
  const session = new ProgramSession(join(folder, 'remote'));
  for (const form of ['wire', 'unix'] as const) {
    const path = join(folder, form);
    writeFileSync(path, form === 'wire' ? 'a\r\n..b\r\n' : 'a\n.b\n');
    assert.equal((await session.deliver(delivery({ form }), { path })).outcomes[0]?.status, 'D');
    assert.equal(readFileSync(join(folder, 'message'), 'latin1'), 'a\n.b\n');
  }
  const missing = await session.deliver(delivery({ form: 'wire' }), { path: join(folder, 'none') });
  assert.deepEqual(missing.outcomes, [{ status: 'Z', text: 'Unable to read message. (#4.3.0)\n' }]);
});

test('programs that crash, fail, or are not there', async (t) => {
  const ends = {
    'kill -9 $$': 'Zqmail-remote crashed.',
    'exit 111': 'ZUnable to run qmail-remote.',
    'exit 1': 'DUnable to run qmail-remote.',
  };
  for (const [script, expected] of Object.entries(ends)) {
    const session = new ProgramSession(join(program(t, script), 'remote'));
    const { outcomes } = await session.deliver(delivery(), hello);
    assert.equal(`${outcomes[0]?.status}${outcomes[0]?.text}`, `${expected}\n`);
  }
  const { outcomes } = await new ProgramSession('/nonexistent/remote').deliver(delivery(), hello);
  assert.deepEqual(outcomes, [{ status: 'D', text: 'Unable to run qmail-remote.\n' }]);
});

test("a thread's deliveries go to the program that its environment names", (t) => {
  process.env.QMAILREMOTE = '/nonexistent/remote';
  t.after(() => {
    delete process.env.QMAILREMOTE;
  });
  const start = {
    target: { kind: 'mx', host: 'one.test' } as const,
    settings: { ...settings, remotegreet: 'auto' as const, nameservers: [] },
    skip: [],
  };
  assert.ok(createRemoteSession(start) instanceof ProgramSession);
});
