/**
 * kill -9 of one process alone, under load: the parent (all others end by themselves, a new server takes over), the node
 * (the parent starts it again), lspawnd (the parent starts it again). What was accepted arrives, and no process is left.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, processTree } from '../../bench/process/tree.js';
import { backwards, banner, type Ending, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';
import { Book } from './kill/book.js';
import { startBookingSink } from './kill/booking-sink.js';
import { Load } from './kill/load.js';
import { mostTwice, readMaildir } from './kill/rounds.js';

interface Scene {
  readonly ending: Ending;
  readonly book: Book;
  readonly home: ServerProcess['home'];
  server: ServerProcess;
  /** Twenty more messages are taken. */
  goesOn(): Promise<void>;
  finish(): Promise<void>;
}

async function openScene(ending: Ending): Promise<Scene> {
  const book = new Book();
  const sink = await startBookingSink(ending, book);
  const home = await makeMailHome(openFolder(ending), sink.port);
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  let wanted = 0;
  const load = new Load({ port: home.port, senders: 3, accepted: (n) => book.accept(n), hold: () => book.accepted >= wanted });
  ending.after(() => load.stop());
  const scene: Scene = {
    ending,
    book,
    home,
    server,
    goesOn: () => {
      wanted = book.accepted + 20;
      return until('twenty messages are accepted', 30_000, () => book.accepted >= wanted);
    },
    finish: async () => {
      await load.stop();
      await drained(scene.server);
      readMaildir(home.maildir, book);
      const { lost, altered, twiceLocal, twiceRemote } = book.verdict();
      assert.deepEqual({ lost, altered, twiceLocal }, { lost: 0, altered: 0, twiceLocal: 0 });
      assert.ok(twiceRemote <= mostTwice, `${twiceRemote} came twice`);
    },
  };
  await scene.goesOn();
  return scene;
}

/** All processes of the server now, with what tells them from later ones of the same number. */
const allOf = (server: ServerProcess): Map<number, { readonly started: number }> => processTree([server.child.pid ?? 0]);

test('the parent alone is killed: the others end, the next server finds everything', async (t) => {
  const scene = await openScene(backwards(t));
  const { server } = scene;
  const all = allOf(server);
  assert.ok(all.size >= 2);
  void scene.goesOn().catch(() => undefined);
  server.child.kill('SIGKILL');
  const begun = performance.now();
  await until('no process is left', 20_000, () => [...all].every(([pid, { started }]) => !isAlive(pid, started)));
  t.diagnostic(`all ${all.size} processes gone after ${Math.round(performance.now() - begun)} ms`);
  scene.server = new ServerProcess(scene.ending, scene.home);
  await scene.goesOn();
  await scene.finish();
});

test('the node alone is killed: the parent starts it again', async (t) => {
  const scene = await openScene(backwards(t));
  const { server } = scene;
  for (let kills = 0; kills < 2; kills += 1) {
    const node = server.pid('node') ?? 0;
    const more = scene.goesOn();
    process.kill(node, 'SIGKILL');
    await until('another node runs', 20_000, () => ![undefined, node].includes(server.pid('node')));
    await more;
    await scene.goesOn();
  }
  assert.equal(server.child.exitCode, null, 'the parent is the same');
  await scene.finish();
});

test('the list of processes cannot be written: a node that dies is started again all the same', async (t) => {
  const scene = await openScene(backwards(t));
  const { server } = scene;
  const node = server.pid('node') ?? 0;
  const list = join(server.home.path, 'run/pids');
  rmSync(list);
  // Nobody, not even root, puts a file in the place of a folder that is not empty.
  mkdirSync(join(list, 'in-the-way'), { recursive: true });
  process.kill(node, 'SIGKILL');
  await server.seen(/^warning: cannot write .*run\/pids \(.*it is tried again, mail goes on$/);
  await banner(server.home.port);
  await scene.goesOn();
  assert.equal(server.child.exitCode, null, 'the parent is the same');
  rmSync(list, { recursive: true });
  await until('the list is written', 20_000, () => ![undefined, node].includes(server.pid('node')));
  await scene.goesOn();
  await scene.finish();
});

test('lspawnd alone is killed: local deliveries wait for the next', async (t) => {
  if (process.getuid?.() !== 0) return t.diagnostic('not applicable: without root there is no lspawnd');
  const scene = await openScene(backwards(t));
  const { server } = scene;
  const lspawnd = server.pid('lspawnd') ?? 0;
  const node = server.pid('node');
  const children = processTree([lspawnd]);
  const more = scene.goesOn();
  process.kill(lspawnd, 'SIGKILL');
  await until('another lspawnd runs', 20_000, () => ![undefined, lspawnd].includes(server.pid('lspawnd')));
  await more;
  await scene.goesOn();
  assert.equal(server.pid('node'), node, 'the node is the same');
  await scene.finish();
  await until('its delivery processes are gone', 10_000, () =>
    [...children].every(([pid, { started }]) => !isAlive(pid, started)),
  );
});
