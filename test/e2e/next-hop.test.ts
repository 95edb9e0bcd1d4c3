/**
 * A next hop that cuts the connection after the final dot, or takes some recipients and defers others: what is done stays
 * done, what is not is tried again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, localRecipient, makeMailHome, openFolder, remoteRecipient } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

test('a next hop that cuts after the dot gets the message exactly once more, the local recipient does not', async (t) => {
  const ending = backwards(t);
  let arrivals = 0;
  const sink = await startKeepingSink(ending, {
    taken: () => {
      arrivals += 1;
      return arrivals === 1 ? 'cut' : { accept: true };
    },
  });
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  await banner(server.home.port);
  const client = await (await SmtpDialogue.open(server.home.port)).greet();
  assert.match(await client.send([localRecipient, remoteRecipient], 'Subject: cut\r\n\r\n'), /^250 /);
  client.close();
  await server.seen(/^delivery \d+: deferral: /);
  await drained(server);
  assert.equal(arrivals, 2);
  assert.equal(server.lines.filter((line) => /: success: did_1/.test(line)).length, 1);
});

test('of 20 recipients those taken are not sent again when the others are deferred and the server is killed', async (t) => {
  const ending = backwards(t);
  const got = new Map<string, number>();
  let troubled = true;
  const sink = await startKeepingSink(ending, {
    recipient: (address) => {
      const odd = Number.parseInt(address, 10) % 2 === 1;
      return troubled && odd ? { accept: false, code: 451, text: 'later' } : { accept: true };
    },
    taken: ({ recipients }) => {
      for (const address of recipients) got.set(address, (got.get(address) ?? 0) + 1);
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port);
  const first = new ServerProcess(ending, home);
  await banner(home.port);
  const recipients = Array.from({ length: 20 }, (_, at) => `${at}@dest.test`);
  const client = await (await SmtpDialogue.open(home.port)).greet();
  assert.match(await client.send(recipients, 'Subject: twenty\r\n\r\n'), /^250 /);
  for (let delivery = 1; delivery <= 20; delivery += 1) await first.seen(new RegExp(`^delivery ${delivery}: (success|deferral)`));
  // What is logged is flushed with the next message at the latest.
  assert.match(await client.send([localRecipient], 'Subject: one more\r\n\r\n'), /^250 /);
  await first.killAll();
  assert.equal(got.size, 10);
  troubled = false;
  const second = new ServerProcess(ending, home);
  await banner(home.port);
  await drained(second);
  assert.deepEqual(
    [...got.values()],
    Array.from({ length: 20 }, () => 1),
  );
});
