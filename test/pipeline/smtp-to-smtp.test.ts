/** From one SMTP client to another SMTP server through every actor and the store on disk, in one thread. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Settings } from '../../src/protocol/settings.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { InlineRemote } from '../support/inline-remote.js';
import { birth, OneThreadNode } from '../support/one-thread-node.js';
import { greeting, transaction } from '../support/remote-sessions.js';
import { ScriptedSmtpServer } from '../support/scripted-smtp-server.js';

const setting = { protocol: 'smtp', address: '127.0.0.1', port: 0, options: {} };
const listeners = [{ setting, at: { address: '127.0.0.1', port: 0 } }];

async function startNode(t: TestContext, settings: Partial<Settings>, remote = new InlineRemote()): Promise<OneThreadNode> {
  const queueDir = mkdtempSync(join(tmpdir(), 'tqmail-pipeline-'));
  t.after(() => rmSync(queueDir, { recursive: true, force: true }));
  const store = await openLmdbQueue({ dir: queueDir, create: true });
  const rcpthosts = ['mx.test.example', 'far.example'];
  return OneThreadNode.started({ store, queueDir, listeners, remoteSlots: remote, settings: { rcpthosts, ...settings } });
}

/** A client that says its lines one after another and keeps the replies. */
class Client {
  readonly #socket: Socket;
  #heard = '';

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes: Buffer) => {
      this.#heard += bytes.toString('latin1');
    });
  }

  async reply(): Promise<string> {
    while (!/^\d{3} .*\r\n/m.test(this.#heard)) await once(this.#socket, 'data');
    const end = this.#heard.indexOf('\r\n', this.#heard.search(/^\d{3} /m)) + 2;
    const reply = this.#heard.slice(0, end);
    this.#heard = this.#heard.slice(end);
    return reply;
  }

  async say(line: string, code: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    const reply = await this.reply();
    assert.ok(reply.startsWith(code), `${line}: ${reply}`);
    return reply;
  }

  async send(recipients: readonly string[], body: string): Promise<string> {
    await this.say('MAIL FROM:<ann@home.example>', '250');
    for (const recipient of recipients) await this.say(`RCPT TO:<${recipient}>`, '250');
    await this.say('DATA', '354');
    return this.say(`${body}\r\n.`, '250');
  }

  end(): Promise<unknown> {
    this.#socket.end('QUIT\r\n');
    return once(this.#socket, 'close');
  }
}

const bodyOf = (n: number, size: number): string => `Subject: ${n}\r\n\r\n..dot ${String(n).repeat(size)}`;

test('messages of one client reach the other server as they were sent, over one connection', async (t) => {
  const server = new ScriptedSmtpServer([...greeting, ...transaction(), ...transaction(), ...transaction()]);
  const port = await server.start();
  t.after(() => server.stop());
  const node = await startNode(t, { smtproutes: { '': `127.0.0.1:${port}` }, concurrencyremote: 1 });
  const client = new Client(node.host.ports[0] as number);
  assert.match(await client.reply(), /^220 mx\.test\.example /);
  await client.say('HELO home.example', '250');
  const ids: string[] = [];
  for (const n of [1, 2, 3]) {
    const reply = await client.send(['joe@far.example'], bodyOf(n, n === 2 ? 30_000 : 50));
    ids.push(/qp (\d+)/.exec(reply)?.[1] ?? reply);
  }
  assert.deepEqual(ids, ['100', '101', '102']);
  await client.end();
  for (const id of [2, 3, 4]) {
    await node.log.line(`end msg ${id}`);
    assert.match(await node.log.line(`info msg ${id}:`), new RegExp(` from <ann@home.example> qp ${id + 98} uid \\d+$`));
  }
  const [received = ''] = server.received;
  assert.equal(server.received.length, 1);
  assert.equal(received.split('MAIL FROM:<ann@home.example>').length, 4);
  for (const n of [1, 2, 3]) assert.ok(received.includes(`\r\n${bodyOf(n, n === 2 ? 30_000 : 50)}\r\n.\r\n`), `message ${n}`);
  assert.equal(received.match(/^Received: from /gm)?.length, 3);
  assert.equal(node.store.count(), 0);
  await node.stop();
});

test('what one message left in memory does not show in another that waits', async (t) => {
  const node = await startNode(t, { concurrencylocal: 1 });
  node.slots.held.add('local');
  const client = new Client(node.host.ports[0] as number);
  await client.reply();
  await client.say('HELO home.example', '250');
  for (const n of [1, 2, 3, 4]) await client.send([`joe${n}@mx.test.example`], bodyOf(n, 100));
  await client.end();
  node.slots.release('local');
  for (let id = 2; id <= 5; id += 1) await node.log.line(`end msg ${id}`);
  const texts = node.slots.attempts.map(({ delivery }) => Buffer.from(delivery.bytes ?? []).toString('latin1'));
  assert.equal(texts.length, 4);
  texts.forEach((text, n) => {
    assert.ok(text.endsWith(`\r\n${bodyOf(n + 1, 100)}\r\n`), text);
  });
  await node.stop();
});

test('a body too large for memory goes through a file, and its bounce carries it', async (t) => {
  const node = await startNode(t, {});
  node.slots.script = (to) => (to.startsWith('joe') ? 'D' : 'K');
  const client = new Client(node.host.ports[0] as number);
  await client.reply();
  await client.say('HELO home.example', '250');
  const line = `${'x'.repeat(998)}\r\n`;
  await client.say('MAIL FROM:<ann@mx.test.example>', '250');
  await client.say('RCPT TO:<joe@mx.test.example>', '250');
  await client.say('DATA', '354');
  await client.say(`Subject: large\r\n\r\n${line.repeat(3_000)}.`, '250');
  await client.end();
  await node.log.line('end msg 3');
  const [first, bounce] = node.slots.attempts;
  assert.ok(first?.delivery.file !== undefined && bounce?.delivery.file !== undefined);
  assert.ok(node.log.lines.includes('bounce msg 2 qp 101'));
  assert.equal(first.at, birth);
  assert.equal(node.store.count(), 0);
  await node.stop();
});
