/**
 * Whoever reads the log goes away (multilog is restarted, a pipe is closed): writes to the log fail, mail does not notice.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

test('a log whose reader has gone ends nothing: mail flows, lines are counted as lost', async (t) => {
  const ending = backwards(t);
  let arrived = 0;
  const sink = await startKeepingSink(ending, {
    taken: () => {
      arrived += 1;
      return { accept: true };
    },
  });
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  await banner(server.home.port);
  const node = server.pid('node');
  server.child.stdout?.destroy();
  server.child.stderr?.destroy();
  const client = await (await SmtpDialogue.open(server.home.port)).greet();
  for (let n = 0; n < 20; n += 1) assert.match(await client.send(['box@dest.test'], `Subject: ${n}\r\n\r\n`), /^250 /);
  client.close();
  await drained(server);
  assert.equal(arrived, 20);
  const status = await statusOf(server);
  t.diagnostic(`${status?.counters['log.lost']} pieces of log were lost`);
  assert.ok(Number(status?.counters['log.lost']) > 0, 'it is told');
  assert.equal(server.pid('node'), node, 'the same node');
  assert.equal(await server.stop(), 0);
});
