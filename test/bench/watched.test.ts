/**
 * A server that ends while it is measured: the run ends then and there and says so, and nothing is called lost.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneRun } from '../../bench/one-run.js';
import { parseBenchOptions } from '../../bench/options.js';
import type { Peer } from '../../bench/peers/peer.js';
import { startChild } from '../../bench/process/children.js';
import { freePort } from '../../bench/process/port.js';
import { backwards, openFolder } from '../support/server-home.js';

/** Takes the first message, and ends at the second one's first command after it. */
const script = (port: number): string => `
let taken = 0;
require('node:net').createServer((socket) => {
  socket.write('220 brittle ESMTP\\r\\n');
  let body = false;
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    for (const line of data.toString('latin1').split('\\r\\n').slice(0, -1)) {
      if (taken === 1) { console.error('first words\\nno more paper'); process.exit(3); }
      if (body && line !== '.') continue;
      if (body) taken += 1;
      body = line === 'DATA';
      socket.write(body ? '354 go\\r\\n' : '250 ok\\r\\n');
    }
  });
}).listen(${port}, '127.0.0.1', () => console.log('up'));`;

const brittle: Peer = {
  name: 'brittle',
  durable: false,
  missing: () => '',
  version: () => '',
  transactions: () => 1,
  async start() {
    const port = await freePort();
    const server = await startChild(process.execPath, ['-e', script(port)]);
    while (!server.output.stdout.includes('up')) await new Promise((resolve) => setImmediate(resolve));
    return { port, roots: [server.pid], server, stop: () => server.stop() };
  },
};

test('a server that ends in the middle of a run ends the run, with its last words and without a count', async (t) => {
  for (const scenario of ['relay', 'accept']) {
    const words = [scenario, '--n', '5', '--warmup', '0', '--sessions', '1', '--timeout', '600'];
    const dir = openFolder(backwards(t));
    const row = await oneRun(parseBenchOptions(words), brittle, dir, () => undefined);
    assert.deepEqual(row, {
      ok: false,
      error: 'the server ended in the middle of the run (exit 3): no more paper',
    });
  }
});
