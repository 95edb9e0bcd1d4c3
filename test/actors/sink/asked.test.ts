/**
 * The sink as a program asks for it: mistakes in what is asked are named, failures show the line that asked, what can be looked for.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type SinkMatch, type SinkOptions, SinkRulesError, startSink } from '../../../src/actors/sink/sink.js';
import { submit, talk } from './submit.js';

const body = 'Subject: Welcome, number 7\r\n\r\nHello\r\n';
const loopback = { address: '127.0.0.1', port: 0 };
const isFrom = (error: unknown): boolean => error instanceof Error && /asked\.test\./.test(error.stack ?? '');

test('options that are not known or no such value are named', async () => {
  const wrong: readonly [unknown, RegExp][] = [
    [{ port: 25 }, /^"port" is not known to startSink: smtp, smtps, /],
    [{ smtp: 2526 }, /^smtp is { address, port }, as .*, not 2526$/],
    [{ http: { port: 0 } }, /^http is { address, port }/],
    [{ smtp: { ...loopback, port: 70_000 } }, /not {"address":"127.0.0.1","port":70000}/],
    [{ keep: '5' }, /^keep is a number, not "5"/],
    [{ threads: Number.NaN }, /^threads is a number, not NaN/],
    [{ rules: ['clean'] }, /^rules is a text/],
    [{ ledger: '' }, /^ledger is a path, not ""/],
    [{ arrived: {} }, /^arrived is a function, not {}/],
    [{ tls: true }, /^tls is 'self-made' or/],
    [25, /^startSink takes an object, not 25/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(startSink(options as SinkOptions), (error) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  }
  const sink = await startSink({ keep: undefined, rules: undefined } as unknown as SinkOptions);
  await sink.close();
});

test('a match with a slip in it finds nothing rather than everything', async (t) => {
  const sink = await startSink();
  t.after(() => sink.close());
  await submit(sink.port(), { recipients: ['one@x'], body });
  const wrong: readonly [unknown, RegExp][] = [
    [{ too: 'x' }, /^"too" is not known to a match: to, from, subject, text, after/],
    ['one@x', /^a match takes an object, not "one@x"/],
    [{ to: ['one@x'] }, /^to is a string or a regular expression, not \["one@x"\]/],
    [{ after: '1' }, /^after is the id of a message, not "1"/],
  ];
  for (const [match, message] of wrong) {
    await assert.rejects(sink.wait(match as SinkMatch), { name: 'TypeError', message });
    assert.throws(() => sink.messages(match as SinkMatch), { name: 'TypeError', message });
    assert.throws(() => sink.clear(match as SinkMatch), { name: 'TypeError', message });
  }
  await assert.rejects(sink.wait({}, 5_000 as never), /^TypeError: wait takes an object, not 5000/);
  await assert.rejects(sink.wait({}, { timeout: '5s' as never }), /^TypeError: timeout is a number of milliseconds, not "5s"/);
  assert.equal(sink.messages().length, 1);
});

test('regular expressions find, with any flags and as often as they are asked', async (t) => {
  const sink = await startSink();
  t.after(() => sink.close());
  const waiting = sink.wait({ to: /^one@/, subject: /number \d$/g, text: undefined }, { timeout: Number.POSITIVE_INFINITY });
  await submit(sink.port(), { recipients: ['someone@x'], body });
  await submit(sink.port(), { recipients: ['one@x'], body });
  assert.deepEqual((await waiting).recipients, ['one@x']);
  const hello = /hello/gi;
  for (const _again of [1, 2, 3]) assert.equal(sink.messages({ text: hello }).length, 2);
  assert.equal(sink.clear({ subject: /^welcome/ }), 0);
  assert.equal(sink.clear({ subject: /^Welcome/ }), 2);
});

test('failures show the line that asked, and closing ends those who wait', async () => {
  const sink = await startSink();
  const before = sink.wait({ to: 'one@x', subject: /no/ });
  await assert.rejects(sink.wait({ to: 'one@x' }, { timeout: 1 }), (error) => {
    assert.match((error as Error).message, /^no message that matches { to: "one@x" } within 1 ms; no message is kept$/);
    return isFrom(error);
  });
  await assert.rejects(startSink({ smtp: { ...loopback, port: sink.port() } }), isFrom);
  await assert.rejects(startSink({ ledger: '/nowhere/at/all' }), isFrom);
  // Nobody handles this one.
  sink.wait({ to: 'two@x' });
  await sink.close();
  const closed = /^the sink was closed before a message came that matches { to: "one@x", subject: \/no\/ }$/;
  await assert.rejects(before, { message: closed });
  await assert.rejects(sink.wait({ to: 'one@x', subject: /no/ }), { message: closed });
});

test('letters beyond ASCII in rules are those of addresses, replies and reports', async (t) => {
  const sink = await startSink({ http: loopback, smtp: loopback, rules: 'rcpt zoë@* 452 voll — später' });
  t.after(() => sink.close());
  const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
  const rcpt = async (): Promise<string | undefined> =>
    (await talk(sink.port(), ['EHLO me', 'MAIL FROM:<a@x> SMTPUTF8', utf8('RCPT TO:<zoë@x>'), 'QUIT']))[3];
  assert.equal(await rcpt(), utf8('452 voll — später'));
  const url = `http://127.0.0.1:${sink.port('http')}/api/rules`;
  const text = await (await fetch(url)).text();
  assert.equal(text, 'rcpt zoë@* 452 voll — später');
  const put = await fetch(url, { method: 'PUT', body: text });
  assert.deepEqual([put.status, await put.json()], [200, { rules: text }]);
  assert.equal(await rcpt(), utf8('452 voll — später'));
  const wrong = await fetch(url, { method: 'PUT', body: 'größe' });
  assert.match(((await wrong.json()) as { reason: string }).reason, /"größe"/);
  assert.throws(
    () => sink.setRules('größe * 452 x'),
    (error) => error instanceof SinkRulesError && error.reason.startsWith('"größe"'),
  );
});

test('what a program throws when it is told of a message reaches it, and the session goes on', async () => {
  const program = `
    import { connect } from 'node:net';
    import { startSink } from ${JSON.stringify(new URL('../../../src/actors/sink/sink.js', import.meta.url).href)};
    const thrown = [];
    process.on('uncaughtException', (error) => thrown.push(error.message));
    const sink = await startSink({ arrived: ({ id }) => { throw new Error('message ' + id); } });
    const one = 'MAIL FROM:<a@x>\\r\\nRCPT TO:<b@x>\\r\\nDATA\\r\\n\\r\\nhi\\r\\n.\\r\\n';
    connect(sink.port(), '127.0.0.1').end('EHLO me\\r\\n' + one + one + 'QUIT\\r\\n').resume();
    await sink.wait({ after: 1 });
    await sink.close();
    console.log(thrown.join());
  `;
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([ran.stdout, ran.stderr, ran.status], ['message 1,message 2\n', '', 0]);
});
