/**
 * A thread that computes for ever is noticed: front and pool threads are replaced, for the core's the process ends and
 * the next one takes over, for the main thread the parent replaces the process. A process that is stopped as a whole and goes on has no stalled thread.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askNode } from '../../src/cli/control/client.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, type Ending, makeMailHome, openFolder, soon, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained, statusOf } from '../support/server-status.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';
import { Book } from './kill/book.js';
import { Load } from './kill/load.js';
import { numberOf } from './kill/numbered.js';
import { readMaildir } from './kill/rounds.js';

class Scene {
  readonly book = new Book();
  readonly server: ServerProcess;
  readonly #load: Load;
  #wanted = 0;

  private constructor(ending: Ending, server: ServerProcess) {
    this.server = server;
    const { port } = server.home;
    this.#load = new Load({
      port,
      senders: 2,
      accepted: (n) => this.book.accept(n),
      hold: () => this.book.accepted >= this.#wanted,
    });
    ending.after(() => this.#load.stop());
  }

  static async open(t: TestContext, env: Record<string, string>): Promise<Scene> {
    const ending = backwards(t);
    let scene: Scene | undefined;
    const sink = await startKeepingSink(ending, {
      taken: ({ bytes }) => {
        scene?.book.arriveRemote(numberOf(bytes));
        return { accept: true };
      },
    });
    const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port), env);
    await banner(server.home.port);
    scene = new Scene(ending, server);
    return scene;
  }

  /** Twenty more messages are taken. */
  goesOn(): Promise<void> {
    this.#wanted = this.book.accepted + 20;
    return until('twenty messages are accepted', 30_000, () => this.book.accepted >= this.#wanted);
  }

  /** Both pools have made deliveries: a thread of the local one is started by the first. */
  async delivers(): Promise<void> {
    await until('deliveries of both channels', 60_000, async () => {
      const counters = (await statusOf(this.server))?.counters;
      return ['rspawn.deliveries', 'lspawn.deliveries'].every((name) => Number(counters?.[name]) > 0);
    });
  }

  async order(thread: string): Promise<void> {
    const answer = await askNode(this.server.home.path, { verb: 'fault', thread, kind: 'stall' });
    assert.equal(answer?.tag, 'done', JSON.stringify(answer));
  }

  async verdict(): Promise<{ lost: number; altered: number; twiceLocal: number; twiceRemote: number }> {
    await this.#load.stop();
    await drained(this.server);
    readMaildir(this.server.home.maildir, this.book);
    const { lost, altered, twiceLocal, twiceRemote } = this.book.verdict();
    return { lost, altered, twiceLocal, twiceRemote };
  }
}

test('a thread that computes for ever is replaced, the core with its process', async (t) => {
  const scene = await Scene.open(t, { TQMAIL_TEST_FAULTS: '1', TQMAIL_TEST_STALL_SECONDS: '3' });
  const { server } = scene;
  await scene.goesOn();
  await scene.delivers();
  const node = server.pid('node');
  for (const [at, thread] of ['remote', 'local', 'front 0'].entries()) {
    await scene.order(thread);
    await until(`${thread} is replaced`, 20_000, async () => (await statusOf(server))?.threads.restarts === at + 1);
    await scene.goesOn();
  }
  assert.equal(server.pid('node'), node, 'the process is the same');
  await server.seen(/a thread of the remote pool ended .*stood still/);
  await server.seen(/front 0 thread stands still/);

  const begun = performance.now();
  await scene.order('core');
  await server.seen(/alert: node ended \(exit code 111\): core thread stands still/);
  t.diagnostic(`core noticed after ${Math.round(performance.now() - begun)} ms`);
  await scene.goesOn();
  assert.notEqual(server.pid('node'), node);

  const second = server.pid('node');
  const again = performance.now();
  await scene.order('main');
  await server.seen(/alert: node ended \(signal SIGKILL\): its main thread stood still/);
  t.diagnostic(`main noticed after ${Math.round(performance.now() - again)} ms`);
  await scene.goesOn();
  assert.notEqual(server.pid('node'), second);
  const { twiceRemote, ...rest } = await scene.verdict();
  assert.deepEqual(rest, { lost: 0, altered: 0, twiceLocal: 0 });
  t.diagnostic(`${twiceRemote} remote deliveries came twice after ends of threads`);
});

test('a node stopped for some seconds goes on as if nothing had been', async (t) => {
  // The limit is shorter than the stop: looks are counted, not seconds.
  const scene = await Scene.open(t, { TQMAIL_TEST_FAULTS: '1', TQMAIL_TEST_STALL_SECONDS: '3' });
  const { server } = scene;
  await scene.goesOn();
  const node = server.pid('node') ?? 0;
  const more = scene.goesOn();
  process.kill(node, 'SIGSTOP');
  const waiting = SmtpDialogue.open(server.home.port);
  await soon(5_000);
  process.kill(node, 'SIGCONT');
  await more;
  const client = await (await waiting).greet();
  assert.match(await client.say('NOOP'), /^250 /, 'who connected meanwhile was served');
  client.close();
  assert.equal(server.pid('node'), node, 'the node is the same');
  assert.equal((await statusOf(server))?.threads.restarts, 0);
  assert.deepEqual(await scene.verdict(), { lost: 0, altered: 0, twiceLocal: 0, twiceRemote: 0 });
});
