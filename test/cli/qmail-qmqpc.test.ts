/**
 * qmail-qmqpc against our own QMQP listener, and each exit code that can be provoked.
 */

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../bench/process/port.js';
import { run as qmqpc } from '../../src/cli/programs/qmail-qmqpc.js';
import { openPackageHouse } from '../support/package-house.js';
import { homeWith, runIn } from '../support/queue-call.js';

test('a message reaches our own listener, past a server that is down', async (t) => {
  const house = await openPackageHouse(t, 'qmqp');
  const down = await freePort();
  const home = homeWith(t, { qmqpservers: `# ours\n127.0.0.1:${down}\nname.example\n127.0.0.1:${house.port}\n` });
  assert.equal(await runIn(t, home, qmqpc, { message: 'x\0é\n', envelope: 'F\0Tc@d\0Te@f\0\0' }), 0);
  const [submission] = house.submissions;
  assert.deepEqual(submission?.envelope, { sender: '', recipients: ['c@d', 'e@f'] });
  assert.match(Buffer.from(submission?.bytes ?? []).toString('latin1'), /with QMQP; .*\nx\0é\n$/);
});

test('after a connection no other server is tried', async (t) => {
  const house = await openPackageHouse(t, 'qmqp');
  const rude = createServer((socket) => socket.destroy());
  await new Promise<void>((settle) => rude.listen(0, '127.0.0.1', settle));
  t.after(() => rude.close());
  const { port } = rude.address() as { port: number };
  const home = homeWith(t, { qmqpservers: `127.0.0.1:${port}\n127.0.0.1:${house.port}\n` });
  assert.equal(await runIn(t, home, qmqpc), 74);
  assert.deepEqual(house.submissions, []);
});

test('each fault has its exit code', async (t) => {
  const nobody = homeWith(t, { qmqpservers: `127.0.0.1:${await freePort()}\n` });
  assert.equal(await runIn(t, nobody, qmqpc), 73);
  assert.equal(await runIn(t, nobody, qmqpc, { envelope: 'Fa\0Tb\0' }), 54);
  assert.equal(await runIn(t, nobody, qmqpc, { envelope: 'Ta\0\0' }), 91);
  assert.equal(await runIn(t, nobody, qmqpc, { envelope: `F${'x'.repeat(1003)}\0\0` }), 11);
  assert.equal(await runIn(t, homeWith(t, {}), qmqpc), 55);
  assert.equal(await runIn(t, join(nobody, 'nowhere'), qmqpc), 61);
  const full = await openPackageHouse(t, 'qmqp', { submit: async () => ({ tag: 'refused', why: 'full', text: '' }) });
  assert.equal(await runIn(t, homeWith(t, { qmqpservers: `127.0.0.1:${full.port}` }), qmqpc), 71);
  const long = { envelope: `Fa\0T${'x'.repeat(1000)}\0\0` };
  assert.equal(await runIn(t, homeWith(t, { qmqpservers: `127.0.0.1:${full.port}` }), qmqpc, long), 31);
});
