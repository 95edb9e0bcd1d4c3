/**
 * A server with several front threads: the bound on connections holds for all of them together, a place that becomes free
 * is given to one that waits at any of them, and a front thread that dies gives its places back.
 */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { askNode } from '../../src/cli/control/client.js';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, type Ending, makeMailHome, openFolder, soon, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { statusOf } from '../support/server-status.js';

const most = 6;
const crowd = 14;

interface Caller {
  readonly socket: Socket;
  greeted: boolean;
}

function call(ending: Ending, port: number): Caller {
  const caller: Caller = { socket: connect(port, '127.0.0.1'), greeted: false };
  caller.socket.on('error', () => undefined);
  caller.socket.once('data', () => {
    caller.greeted = true;
  });
  ending.after(() => void caller.socket.destroy());
  return caller;
}

test('concurrencyincoming is the sum of all front threads', async (t) => {
  const ending = backwards(t);
  const sink = await startKeepingSink(ending, {});
  const home = await makeMailHome(openFolder(ending), sink.port, { concurrencyincoming: `${most}` });
  // Sixteen cores have four front threads.
  const server = new ServerProcess(ending, home, { TQMAIL_TEST_CORES: '16', TQMAIL_TEST_FAULTS: '1' });
  await banner(home.port);
  const counted = async (name: string): Promise<unknown> => (await statusOf(server))?.counters[`smtpd.${name}`];
  await until('status answers', 10_000, async () => (await statusOf(server))?.threads.front === 4);
  await until('the first caller is gone', 10_000, async () => (await counted('connections')) === 0);

  const callers = Array.from({ length: crowd }, () => call(ending, home.port));
  const greeted = (): number => callers.filter((caller) => caller.greeted && !caller.socket.destroyed).length;
  await until('all are counted', 10_000, async () => {
    return (await counted('connections')) === most && (await counted('waiting')) === crowd - most;
  });
  await until('the greetings are here', 10_000, () => greeted() === most);
  await soon(1_500);
  assert.equal(greeted(), most, 'no look of any thread lets another in');

  for (let left = crowd - most; left > 0; left -= 4) {
    for (const caller of callers.filter(({ greeted, socket }) => greeted && !socket.destroyed).slice(0, 4))
      caller.socket.destroy();
    await until('their places are taken', 10_000, () => greeted() === most);
  }
  assert.equal(await counted('waiting'), 0);

  // Those of one thread are cut off; its successor forgets them, the others keep theirs.
  const answer = await askNode(home.path, { verb: 'fault', thread: 'front 1', kind: 'throw' });
  assert.equal(answer?.tag, 'done');
  await until('the thread is started again', 20_000, async () => (await statusOf(server))?.threads.restarts === 1);
  await until('open connections are counted rightly', 10_000, async () => {
    return (
      (await counted('connections')) === callers.filter(({ socket }) => !socket.destroyed && socket.readyState === 'open').length
    );
  });
  const more = Array.from({ length: most }, () => call(ending, home.port));
  callers.push(...more);
  await until('all places are in use', 10_000, async () => (await counted('connections')) === most);
});
