/**
 * Bodies that are files: sent in bounded memory, never partly taken for whole.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { unixToWire } from '../../../src/protocol/smtp/data.js';
import { delivery, greeting, pipelining, remoteSession, settings, transaction } from '../../support/remote-sessions.js';
import { ScriptedSmtpServer, type Step } from '../../support/scripted-smtp-server.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Octets in use after a collection, the kernel's share left out. */
function inUse(): number {
  collect();
  const { external, heapUsed } = process.memoryUsage();
  return external + heapUsed;
}

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tqmail-'));
});
after(() => rm(folder, { recursive: true }));

function lines(count: number, end: string): Buffer {
  let text = '';
  for (let line = 0; line < count; line++) text += `${line % 50 === 0 ? '.' : ''}line ${line} ${'x'.repeat(line % 70)}${end}`;
  return Buffer.from(text, 'latin1');
}

async function sent(steps: readonly Step[], form: 'wire' | 'unix', body: { path: string } | Uint8Array) {
  const server = new ScriptedSmtpServer([...steps, ...transaction(), { line: true }, { close: true }]);
  const port = await server.start();
  try {
    // What a busy machine takes for 3 MB is not what is looked at.
    const session = remoteSession(port, { settings: { ...settings, timeoutremote: 30 } });
    const report = await session.deliver(delivery({ form }), body);
    session.close();
    await server.quiet();
    return { report, text: server.received[0] ?? '' };
  } finally {
    await server.stop();
  }
}

for (const [name, steps] of Object.entries({ plain: greeting, pipelining })) {
  test(`a file of 3 MB arrives as it is, from wire and from unix form (${name})`, async () => {
    const unix = lines(70_000, '\n');
    const wire = unixToWire(unix);
    assert.ok(typeof wire !== 'string');
    await writeFile(join(folder, 'unix'), unix);
    await writeFile(join(folder, 'wire'), wire);
    const expected = `DATA\r\n${Buffer.from(wire).toString('latin1')}.\r\nQUIT\r\n`;
    for (const form of ['unix', 'wire'] as const) {
      const { report, text } = await sent(steps, form, { path: join(folder, form) });
      assert.equal(report.outcomes[0]?.status, 'K');
      assert.ok(text.endsWith(expected), `${form}: ${text.length} octets`);
    }
    const { report, text } = await sent(steps, 'wire', wire);
    assert.equal(report.outcomes[0]?.status, 'K');
    assert.ok(text.endsWith(expected));
  });
}

test('an empty file is an empty message', async () => {
  await writeFile(join(folder, 'empty'), '');
  const { report, text } = await sent(greeting, 'wire', { path: join(folder, 'empty') });
  assert.equal(report.outcomes[0]?.status, 'K');
  assert.ok(text.endsWith('DATA\r\n.\r\nQUIT\r\n'));
});

test('a file that cannot be read defers, and the connection stays', async () => {
  const server = new ScriptedSmtpServer([...greeting, ...transaction(), { line: true }, { close: true }]);
  const session = remoteSession(await server.start());
  const report = await session.deliver(delivery(), { path: join(folder, 'nothing') });
  assert.deepEqual(report.outcomes, [{ status: 'Z', text: 'Unable to read message. (#4.3.0)\n' }]);
  assert.equal(report.closed, false);
  assert.equal((await session.deliver(delivery(), lines(1, '\r\n'))).outcomes[0]?.status, 'K');
  session.close();
  await server.quiet();
  assert.equal(server.received.length, 1);
  await server.stop();
});

test('a bare CR or a NUL late in a file ends the connection before the final dot', async () => {
  for (const [octet, text] of [
    ['\r', 'bare carriage returns'],
    ['\0', 'NUL bytes'],
  ] as const) {
    await writeFile(join(folder, 'odd'), Buffer.concat([lines(10_000, '\n'), Buffer.from(`a${octet}b\n`)]));
    const { report, text: client } = await sent(pipelining, 'unix', { path: join(folder, 'odd') });
    assert.deepEqual(report.outcomes, [{ status: 'D', text: `SMTP cannot transfer messages with ${text}. (#5.6.2)\n` }]);
    assert.equal(report.closed, true);
    assert.ok(!client.endsWith('\r\n.\r\n'));
  }
});

test('a large file is sent in bounded memory', async () => {
  const size = 32 * 1024 * 1024;
  await writeFile(join(folder, 'large'), Buffer.alloc(size, `${'y'.repeat(62)}\r\n`));
  let octets = 0;
  let peak = 0;
  let sampleAt = size / 8;
  const server = createServer((socket) => {
    socket.write('220 hi\r\n');
    let stage = 0;
    socket.on('data', (bytes) => {
      if (stage < 4) {
        socket.write(['250 hi\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n'][stage] ?? '');
        stage += 1;
        return;
      }
      octets += bytes.length;
      if (octets >= sampleAt) {
        sampleAt += size / 8;
        peak = Math.max(peak, inUse());
      }
      if (octets === size + 3) socket.write('250 done\r\n');
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const start = inUse();
  const session = remoteSession(port);
  const report = await session.deliver(delivery(), { path: join(folder, 'large') });
  session.close();
  server.close();
  assert.equal(report.outcomes[0]?.status, 'K');
  assert.equal(octets, size + 3);
  assert.ok(peak > 0 && peak - start < 4 * 1024 * 1024, `grew by ${peak - start}`);
});
