/** STARTTLS of the sink and of the source, over real sockets. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { startSink } from '../../../src/actors/sink/sink.js';
import { selfSigned } from '../../../src/actors/sink/tls/self-signed.js';
import type { SourceOptions } from '../../../src/actors/source/options.js';
import { runLoad } from '../../../src/actors/source/source.js';

/** Resolves when the socket's text, from the beginning, matches; rejects when it ends before. */
function text(socket: Socket): (pattern: RegExp) => Promise<string> {
  let all = '';
  let look = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    all += chunk.toString('latin1');
    look();
  });
  return (pattern) =>
    new Promise((resolve, reject) => {
      look = () => pattern.test(all) && resolve(all);
      socket.once('close', () => reject(new Error(`ended with ${JSON.stringify(all)}`)));
      look();
    });
}

const load = (port: number, over: Partial<SourceOptions['target']> = {}, rest: Partial<SourceOptions> = {}): SourceOptions => ({
  target: { address: '127.0.0.1', port, tls: false, starttls: true, helohost: 'source.test', timeout: 20_000, ...over },
  ...{ messages: 40, size: 3_000, sessions: 4, rate: 0, recipients: 2, perSession: 5, sender: 'a@b.test' },
  pattern: 'r-#@c.test',
  ...rest,
});

test('a certificate of our own making is one', () => {
  const { cert, key } = selfSigned('sink.tqmail', Date.now());
  const read = new X509Certificate(cert);
  assert.ok(read.verify(read.publicKey));
  assert.equal(read.checkHost('sink.tqmail'), 'sink.tqmail');
  assert.equal(read.checkIP('127.0.0.1'), '127.0.0.1');
  assert.ok(Date.parse(read.validFrom) < Date.now() && Date.parse(read.validTo) > Date.now());
  assert.match(key, /PRIVATE KEY/);
});

for (const threads of [1, 2]) {
  test(`the source goes over to TLS where the sink offers it; nothing is lost or altered; ${threads} threads`, async (t) => {
    const sink = await startSink({ tls: 'self-made', keep: 0, threads });
    t.after(() => sink.close());
    const sent = await runLoad(load(sink.port()));
    assert.deepEqual([sent.accepted, sent.refused, sent.tls, sent.firstTrouble], [40, 0, sent.connections, null]);
    await sink.close();
    const { tls, connections, recipients, verdict } = sink.report();
    assert.deepEqual([recipients, verdict?.lost, verdict?.duplicate, verdict?.altered], [80, 0, 0, 0]);
    // Connections that are still waiting for their greeting when the last message is answered are cut.
    assert.ok(connections >= tls && tls >= sent.tls && sent.tls >= 8, `${connections} came, ${tls} in TLS, ${sent.tls} used`);
  });
}

for (const threads of [1, 2]) {
  test(`TLS from the first octet, with a certificate of its own making; ${threads} threads`, async (t) => {
    const any = { address: '127.0.0.1', port: 0 };
    const sink = await startSink({ smtp: any, smtps: any, keep: 1, threads });
    t.after(() => sink.close());
    assert.equal((await runLoad(load(sink.port()))).tls, 0, 'nobody asked for STARTTLS');
    const sent = await runLoad(load(sink.port('smtps'), { tls: true, starttls: false }));
    assert.deepEqual([sent.accepted, sent.refused, sent.firstTrouble], [40, 0, null]);
    const socket = connectTls({ port: sink.port('smtps'), host: '127.0.0.1', rejectUnauthorized: false });
    const said = text(socket);
    await said(/^220 sink\.tqmail ESMTP\r\n$/);
    socket.write('EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<last@b>\r\nDATA\r\nSubject: s\r\n\r\n.\r\nQUIT\r\n');
    const all = await said(/\r\n221 /);
    assert.ok(!all.includes('STARTTLS'), all);
    assert.equal((await sink.wait({ to: 'last@b' })).protocol, 'smtp');
    sink.setRules('connect * 421 not now');
    for (let line = ''; !line.startsWith('421 not now'); ) {
      line = await text(connectTls({ port: sink.port('smtps'), host: '127.0.0.1', rejectUnauthorized: false }))(/\r\n/);
    }
    // A client that speaks in the clear costs its own connection.
    const plain = connect(sink.port('smtps'), '127.0.0.1').resume();
    plain.on('error', () => undefined);
    plain.write('EHLO me\r\n');
    await once(plain, 'close');
    await sink.close();
    assert.deepEqual([sink.report().recipients, sink.report().verdict?.lost], [161, 0]);
  });
}

test('without an offer, or unwilling, the source stays in the clear', async (t) => {
  const plain = await startSink({ keep: 0 });
  const offering = await startSink({ tls: 'self-made', keep: 0 });
  t.after(() => Promise.all([plain.close(), offering.close()]));
  for (const options of [load(plain.port()), load(offering.port(), { starttls: false })]) {
    const sent = await runLoad(options);
    assert.deepEqual([sent.accepted, sent.tls], [40, 0]);
  }
});

test('a certificate is checked only when asked', async (t) => {
  const sink = await startSink({ tls: 'self-made', keep: 0 });
  t.after(() => sink.close());
  const sent = await runLoad(load(sink.port(), { checkCertificate: true }, { sessions: 1, messages: 2 }));
  assert.deepEqual([sent.accepted, sent.connections], [0, 0]);
  assert.match(sent.firstTrouble ?? '', /self-signed|self signed/i);
});

test('what is sent in the clear behind STARTTLS is gone; a new session begins, and its mail is kept', async (t) => {
  const sink = await startSink({ tls: 'self-made' });
  t.after(() => sink.close());
  const plain = connect(sink.port(), '127.0.0.1');
  t.after(() => plain.destroy());
  const heard = text(plain);
  await heard(/^220 .*\r\n$/);
  plain.write('EHLO early\r\nMAIL FROM:<clear@a.test>\r\nSTARTTLS\r\nRCPT TO:<evil@a.test>\r\nNOOP\r\n');
  const answers = await heard(/220 go ahead with TLS\r\n/);
  assert.match(answers, /STARTTLS\r\n250 ok\r\n220 go ahead with TLS\r\n$/);
  plain.removeAllListeners('data');
  const secure = connectTls({ socket: plain, rejectUnauthorized: false });
  t.after(() => secure.destroy());
  const said = text(secure);
  await once(secure, 'secureConnect');
  // The transaction of before is forgotten, and so is the greeting.
  secure.write('RCPT TO:<late@a.test>\r\nEHLO late\r\n');
  assert.match(await said(/250 8BITMIME\r\n$/), /^503 MAIL first/);
  secure.write('MAIL FROM:<s@a.test>\r\nRCPT TO:<r@a.test>\r\nDATA\r\nSubject: under TLS\r\n\r\nhi\r\n.\r\nQUIT\r\n');
  await said(/221 /);
  const message = await sink.wait({ to: 'r@a.test' });
  assert.deepEqual([message.sender, message.recipients, message.subject], ['s@a.test', ['r@a.test'], 'under TLS']);
  assert.equal(sink.report().messages, 1);
});

test('a client that answers the offer with rubbish costs its own connection', async (t) => {
  const sink = await startSink({ tls: 'self-made', keep: 0 });
  t.after(() => sink.close());
  const socket = connect(sink.port(), '127.0.0.1');
  const heard = text(socket);
  await heard(/^220 /);
  socket.write('STARTTLS\r\n');
  await heard(/220 go ahead/);
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  socket.write('MAIL FROM:<a@b>\r\n'.repeat(20));
  await closed;
  const sent = await runLoad(load(sink.port(), {}, { messages: 3 }));
  assert.equal(sent.accepted, 3);
});
