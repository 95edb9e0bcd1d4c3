/**
 * A server with QMAILQUEUE in its environment: what comes by SMTP and what a .qmail file forwards goes through that
 * program, which hands it on to bin/qmail-queue.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sendMessage } from '../support/line-client.js';
import { backwards, banner, localRecipient, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';

test('mail by SMTP and forwards pass through the filter, each once', async (t) => {
  const ending = backwards(t);
  const folder = openFolder(ending);
  const home = await makeMailHome(folder, 9);
  const filter = join(folder, 'filter');
  writeFileSync(filter, `#!/bin/sh\n{ echo 'X-Filter: seen'; cat; } | exec '${home.path}/bin/qmail-queue'\n`);
  chmodSync(filter, 0o755);
  const instructions = join(home.path, 'alias/.qmail-again');
  writeFileSync(instructions, `&${localRecipient}\n`);
  const { uid, gid } = statSync(join(home.path, 'alias'));
  chownSync(instructions, uid, gid);
  const server = new ServerProcess(ending, home, { QMAILQUEUE: filter });
  await banner(home.port);
  assert.match(await sendMessage(home.port, '127.0.0.1', 'a@b.example', ['again@mail.example.org']), /^250 ok \d+ qp \d+$/);
  const arrived = (): string[] => readdirSync(join(home.maildir, 'new'));
  await until('the forward arrived', 30_000, () => arrived().length > 0);
  await drained(server);
  const [name = '', ...more] = arrived();
  assert.deepEqual(more, []);
  const text = readFileSync(join(home.maildir, 'new', name), 'latin1');
  assert.equal(text.match(/^X-Filter: seen$/gm)?.length, 2);
  assert.match(text, /Delivered-To: again@mail\.example\.org\n[\s\S]*Received: from unknown[^\n]*\(127\.0\.0\.1\)/);
});
