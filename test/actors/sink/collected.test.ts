/**
 * Messages on their way into the store: together they hold no more than their room, and give it back.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Collected } from '../../../src/actors/sink/collected.js';
import { startSink } from '../../../src/actors/sink/sink.js';
import { submit } from './submit.js';

const octets = (count: number): Buffer => Buffer.alloc(count, 'x');

test('a message beyond its limit or the room of all is cut, and what is behind the cut is left out', () => {
  const room = { left: 25 };
  const [first, second, third] = [new Collected(10, room), new Collected(20, room), new Collected(20, room)];
  first.take(octets(8));
  first.take(octets(8));
  first.take(Buffer.from('late'));
  second.take(octets(14));
  third.take(octets(3));
  third.take(Buffer.from('y'));
  assert.equal(room.left, 0);
  second.drop();
  assert.equal(room.left, 14);
  third.take(Buffer.from('z'));
  assert.deepEqual(
    [first.finish(), third.finish(), second.finish()],
    [
      { bytes: octets(10), cut: true },
      { bytes: octets(1), cut: true },
      { bytes: octets(0), cut: false },
    ],
  );
  assert.equal(room.left, 25);
  first.take(octets(5));
  assert.deepEqual(first.finish(), { bytes: octets(5), cut: false });
});

test('clients that go away in the middle give their room back, and all are gone in the end', async (t) => {
  const sink = await startSink({ keep: 1 });
  t.after(() => sink.close());
  for (let i = 0; i < 3; i++) {
    const socket = connect(sink.port(), '127.0.0.1');
    socket.write('HELO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n');
    socket.write(`${'x'.repeat(1000)}\r\n`.repeat(1_100));
    let said = '';
    for (; !said.includes('354'); said += ((await once(socket, 'data')) as [Buffer])[0].toString());
    socket.end();
    await once(socket.resume(), 'close');
  }
  const open = connect(sink.port(), '127.0.0.1').on('error', () => undefined);
  t.after(() => open.destroy());
  await once(open, 'data');
  await submit(sink.port(), { recipients: ['whole@x'], body: `Subject: w\r\n\r\n${'y'.repeat(1000)}\r\n` });
  assert.equal((await sink.wait({ to: 'whole@x' })).cut, false);
  await sink.close();
  assert.equal(sink.report().open, 0, 'nobody is connected to a sink that is closed');
});
