/** `tqmail remove`, `bounce`, `hold`, `retry` and the choices of `tqmail queue`, at a running server. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { message } from '../store/fixture.js';
import { type Finished, makeHome, run, startServer } from './command.js';

const tqmail = (t: TestContext, home: string, ...args: string[]): Promise<Finished> =>
  run(t, 'tqmail', [...args, '--home', home]).finished;

/** 250 messages for one host, one for two hosts, one from nobody; nothing is delivered. */
async function filledHome(t: TestContext): Promise<string> {
  const home = await makeHome(t);
  for (const channel of ['local', 'remote']) writeFileSync(join(home, `control/concurrency${channel}`), '0\n');
  const store = await openLmdbQueue({ dir: join(home, 'queue') });
  const accepted: Promise<number>[] = [];
  for (let n = 0; n < 250; n++)
    accepted.push(store.accept(message({ sender: `s${n % 2}@list.example`, recipients: ['a@far.example'] })));
  accepted.push(store.accept(message({ sender: 'x@list.example', recipients: ['b@far.example', 'c@near.example'] })));
  accepted.push(store.accept(message({ sender: '', recipients: ['d@near.example'] })));
  await Promise.all(accepted);
  await store.close();
  return home;
}

test('what is chosen is listed, counted, held, tried and removed; what others get too stays', async (t) => {
  const home = await filledHome(t);
  const alone = await tqmail(t, home, 'queue', '--by', 'host');
  assert.match(alone.stdout, /^ +251 +251 .* far\.example\n +2 +2 .* near\.example\n$/m);
  const stopped = await tqmail(t, home, 'remove', '--to', '*');
  assert.deepEqual([stopped.code, stopped.stdout], [111, '']);
  assert.match(stopped.stderr, /^tqmail: fatal: remove: not running: start the server/);

  const server = startServer(t, home, { node: 'real' });
  await server.ready();
  assert.equal(
    (await tqmail(t, home, 'queue', '--by', 'host')).stdout.replace(/\d+ \w+ +now/g, ''),
    alone.stdout.replace(/\d+ \w+ +now/g, ''),
  );
  const [line = '', ...more] = (await tqmail(t, home, 'queue', '--from', '<>', '--json')).stdout.trimEnd().split('\n');
  assert.deepEqual(more, []);
  const { id, recipients } = JSON.parse(line) as { id: number; recipients: unknown };
  assert.deepEqual(recipients, [{ address: 'd@near.example', done: false }]);

  const held = await tqmail(t, home, 'hold', '--id', `${id}`);
  assert.deepEqual([held.code, held.stdout, held.stderr], [0, '1 message held\n', '']);
  assert.match((await tqmail(t, home, 'queue')).stdout, new RegExp(`#${id} .* held$`, 'm'));
  assert.equal((await tqmail(t, home, 'retry', '--to', 'd@near.example')).stdout, '1 message due now\n');

  const partly = await tqmail(t, home, 'remove', '--to', '@far.example', '--from', 's1@*');
  assert.deepEqual([partly.code, partly.stdout], [0, '125 messages removed\n']);
  const rest = await tqmail(t, home, 'remove', '--to', '@far.example');
  assert.deepEqual([rest.code, rest.stdout], [1, '125 messages removed\n']);
  assert.match(rest.stderr, /1 messages have other recipients too and stay as they are; name them by --id/);
  const bounced = await tqmail(t, home, 'bounce', '--to', '*');
  assert.deepEqual([bounced.code, bounced.stdout], [0, '2 messages bounced\n']);
  const queue = (await tqmail(t, home, 'queue')).stdout;
  assert.match(queue, /^messages in queue: 2$/m);
  assert.match(queue, /x@list\.example/, 'its bounce');
  assert.match(queue, /postmaster@mail\.example\.org/, 'the double bounce');
});

test('wrong words get the usage and 64, and change nothing', async (t) => {
  const home = await makeHome(t);
  for (const [args, expected] of [
    [['remove'], /say which messages; --to '\*' means all/],
    [['hold', '--older', 'long'], /--older wants a time/],
    [['bounce', '--id', '1,x'], /--id wants numbers/],
    [['retry', '--all'], /Unknown option '--all'/],
    [['queue', '--by', 'age'], /host and sender are known/],
    [['queue', '--by', 'host', '--json'], /exclude each other/],
    [['queue', '--export', 'qmail', '--from', 'a'], /--export takes no other option/],
  ] as const) {
    const { code, stderr } = await tqmail(t, home, ...args);
    assert.equal(code, 64, args.join(' '));
    assert.match(stderr, expected);
    assert.match(stderr, new RegExp(`usage: tqmail ${args[0]}`));
  }
});
