/**
 * A node that runs out of descriptors while it works: sessions that are open go on, nothing accepted is lost, and when
 * the crowd has gone it serves as before.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { canLimitDescriptors, setDescriptorLimit } from '../support/descriptor-limit.js';
import { backwards, banner, makeMailHome, openFolder, soon, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { numbered } from './kill/numbered.js';

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

test('a node without free descriptors loses nothing and recovers', async (t) => {
  if (!canLimitDescriptors()) return t.diagnostic('not applicable: no prlimit');
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  const { port } = server.home;
  await banner(port);
  const node = server.pid('node') ?? 0;
  const early = await (await SmtpDialogue.open(port)).greet();
  await until('the banner is gone', 10_000, async () => (await statusOf(server))?.counters['smtpd.connections'] === 1);
  const used = descriptorsOf(node);
  setDescriptorLimit(node, used + 12);

  const crowd: Socket[] = [];
  let turnedAway = 0;
  for (let n = 0; n < 60; n += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume().once('close', () => {
      turnedAway += 1;
    });
    crowd.push(socket);
  }
  await until('the node is full', 10_000, () => turnedAway > 0 || descriptorsOf(node) >= used + 11);
  // A session that was there before the crowd goes on; what it brings is kept, whether it can leave now or not.
  for (let n = 0; n < 20; n += 1) {
    const answer = await early.send(['box@dest.test'], numbered(n).toString('latin1'));
    assert.match(answer, /^(250|45[12]) /);
    if (answer.startsWith('250')) book.accept(n);
    else await early.say('RSET');
  }
  assert.ok(book.accepted > 0, 'mail was taken while descriptors were short');
  t.diagnostic(`${turnedAway} of 60 turned away, ${book.accepted} of 20 accepted with no descriptor free`);
  for (const socket of crowd) socket.destroy();
  await soon(50);

  const begun = performance.now();
  let answer = '';
  await until('a new client is served', 10_000, async () => {
    const client = await SmtpDialogue.open(port).catch(() => undefined);
    if (client === undefined) return false;
    await client.greet();
    answer = await client.send(['box@dest.test'], numbered(100).toString('latin1'));
    client.close();
    return answer.startsWith('250');
  });
  book.accept(100);
  t.diagnostic(`served again ${Math.round(performance.now() - begun)} ms after the crowd left`);
  await drained(server);
  const { accepted, deliveredRemote, altered, twiceRemote } = book.verdict();
  assert.deepEqual({ deliveredRemote, altered, twiceRemote }, { deliveredRemote: accepted, altered: 0, twiceRemote: 0 });
  assert.equal(server.pid('node'), node, 'the node is the same');
  assert.equal((await statusOf(server))?.threads.restarts, 0);
  early.close();
});
