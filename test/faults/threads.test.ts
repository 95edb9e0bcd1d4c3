/**
 * A thread of the node dies under load: front, remote pool, local pool (each with and without work), and the core.
 * Nothing may be lost, other sessions go on, and status tells of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askNode } from '../../src/cli/control/client.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, type Status, statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { Load } from './kill/load.js';
import { readMaildir } from './kill/rounds.js';

async function order(server: ServerProcess, thread: string, kind: string): Promise<void> {
  const answer = await askNode(server.home.path, { verb: 'fault', thread, kind });
  assert.equal(answer?.tag, 'done', JSON.stringify(answer));
}

async function statusWhen(server: ServerProcess, what: string, met: (status: Status) => boolean): Promise<void> {
  // Taking all memory takes its time on a busy machine.
  await until(what, 60_000, async () => {
    const status = await statusOf(server).catch(() => undefined);
    return status !== undefined && met(status);
  });
}

test('threads that die are started again and nothing is lost', async (t) => {
  const ending = backwards(t);
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  // Small heaps, so that a thread that takes all memory soon has it.
  const env = { TQMAIL_TEST_FAULTS: '1', NODE_OPTIONS: '--max-old-space-size=256' };
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port), env);
  const { port } = server.home;
  await banner(port);
  await statusWhen(server, 'status answers', () => true);
  const node = server.pid('node');
  let wanted = 0;
  const load = new Load({ port, senders: 2, accepted: (n) => book.accept(n), hold: () => book.accepted >= wanted });
  ending.after(() => load.stop());
  const goesOn = (): Promise<void> => {
    wanted = book.accepted + 20;
    return until('twenty messages are accepted', 20_000, () => book.accepted >= wanted);
  };
  await goesOn();
  // A thread of the local pool is started by its first delivery.
  await statusWhen(server, 'deliveries of both channels', ({ counters }) =>
    ['rspawn.deliveries', 'lspawn.deliveries'].every((name) => Number(counters[name]) > 0),
  );

  let restarts = 0;
  const bystander = await (await SmtpDialogue.open(port)).greet();
  for (const [thread, kind] of [
    ['remote', 'throw'],
    ['local', 'exit'],
    ['remote', 'memory'],
    ['local', 'throw'],
  ] as const) {
    await order(server, thread, kind);
    restarts += 1;
    await statusWhen(server, `a restart of ${thread} is told`, (status) => status.threads.restarts === restarts);
    assert.match(await bystander.say('NOOP'), /^250 /, `a session outlives the end of ${thread}`);
    await goesOn();
  }

  await order(server, 'front 0', 'throw');
  assert.equal(await bystander.reply(), 'closed');
  restarts += 1;
  await statusWhen(server, 'a restart of the front is told', (status) => status.threads.restarts === restarts);
  await goesOn();
  assert.equal(server.pid('node'), node, 'the process is the same');

  await order(server, 'core', 'throw');
  await server.seen(/alert: node ended .*core thread ended/);
  await goesOn();
  assert.notEqual(server.pid('node'), node);

  await load.stop();
  await drained(server);
  readMaildir(server.home.maildir, book);
  const { lost, altered, twiceLocal } = book.verdict();
  t.diagnostic(JSON.stringify(book.verdict()));
  assert.deepEqual({ lost, altered, twiceLocal }, { lost: 0, altered: 0, twiceLocal: 0 });
});

test('pool threads that die without work leave the node as it is', async (t) => {
  const ending = backwards(t);
  const arrived: string[] = [];
  const sink = await startKeepingSink(ending, {
    taken: ({ recipients }) => {
      arrived.push(...recipients);
      return { accept: true };
    },
  });
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port), { TQMAIL_TEST_FAULTS: '1' });
  await banner(server.home.port);
  await statusWhen(server, 'status answers', () => true);
  const node = server.pid('node');
  // There is no thread of the local pool before its first delivery: the order meets nobody, and counts below.
  await order(server, 'local', 'throw');
  const client = await (await SmtpDialogue.open(server.home.port)).greet();
  assert.match(await client.send(['box@dest.test', 'demo@mail.example.org'], 'Subject: one\r\n\r\n'), /^250 /);
  await drained(server);
  for (const [at, thread] of ['remote', 'local'].entries()) {
    await order(server, thread, 'throw');
    await statusWhen(server, `a restart of ${thread} is told`, (status) => status.threads.restarts === at + 1);
  }
  assert.match(await client.send(['box@dest.test', 'demo@mail.example.org'], 'Subject: two\r\n\r\n'), /^250 /);
  await server.seen(/^delivery 4: success/);
  await drained(server);
  assert.equal(arrived.length, 2);
  assert.equal(server.pid('node'), node);
});
