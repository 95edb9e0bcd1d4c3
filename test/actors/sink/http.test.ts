/**
 * The sink's HTTP interface as a program uses it, and who may not.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { metricsText } from '../../../src/actors/sink/http/metrics.js';
import { type ReceivedMessage, type Sink, startSink } from '../../../src/actors/sink/sink.js';
import { submit } from './submit.js';

const loopback = { address: '127.0.0.1', port: 0 };

interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

async function started(t: TestContext, keep = 1): Promise<{ sink: Sink; ask: (path: string, more?: Asking) => Promise<Answer> }> {
  const sink = await startSink({ smtp: loopback, http: loopback, keep });
  t.after(() => sink.close());
  return { sink, ask: (path, more) => ask(sink.port('http'), path, more) };
}

interface Asking {
  readonly method?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** fetch does not let a test choose Host. */
function ask(port: number, path: string, { method = 'GET', body = '', headers = {} }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    asking.on('error', reject);
    asking.end(body);
  });
}

const mail = (subject: string, text = 'text'): string => `From: a@x\r\nSubject: ${subject}\r\n\r\n${text}\r\n`;

test('messages are listed newest first, searched, shown, deleted', async (t) => {
  const { sink, ask } = await started(t);
  for (const name of ['one', 'two', 'three'])
    await submit(sink.port(), { recipients: [`${name}@x`], body: mail(name, `${name}-word`) });
  const list = async (query = ''): Promise<string[]> =>
    (JSON.parse((await ask(`/api/messages${query}`)).text) as { messages: ReceivedMessage[] }).messages.map(
      ({ subject }) => subject,
    );
  assert.deepEqual(await list(), ['three', 'two', 'one']);
  assert.deepEqual(await list('?limit=1&before=3'), ['two']);
  for (const query of ['?q=TWO-word', '?to=two@', '?subject=tw']) assert.deepEqual(await list(query), ['two'], query);
  const one = JSON.parse((await ask('/api/messages/1')).text) as ReceivedMessage;
  assert.deepEqual(
    [one.text, one.sender, one.recipients, one.headers[0]],
    ['one-word\r\n', 's@example.org', ['one@x'], { name: 'From', value: 'a@x' }],
  );
  assert.equal((await ask('/api/messages/1/raw')).text, mail('one', 'one-word'));
  assert.match((await ask('/api/messages/1/transcript')).text, /C: RCPT TO:<one@x>\nS: 250 ok\n/);
  assert.match((await ask('/api/messages/latest/raw')).text, /three-word/);
  assert.match((await ask('/api/messages/latest/text?to=two@x')).text, /^two-word/);
  assert.equal((await ask('/api/messages/latest?to=nobody')).code, 404);
  assert.equal((await ask('/api/messages/latest?two')).code, 400);
  assert.equal((await ask('/api/messages/1', { method: 'DELETE' })).code, 200);
  assert.equal((await ask('/api/messages/1')).code, 404);
  assert.deepEqual(await list(), ['three', 'two']);
  assert.equal((await ask('/api/messages', { method: 'DELETE' })).text, '{"deleted":2}\n');
});

test('HTML of a message comes with a policy that lets nothing run or be fetched', async (t) => {
  const { sink, ask } = await started(t);
  await submit(sink.port(), { recipients: ['r@x'], body: 'Content-Type: text/html\r\n\r\n<script>1</script>\r\n' });
  const { headers, text } = await ask('/api/messages/1/html');
  assert.equal(text, '<script>1</script>\r\n');
  assert.match(String(headers['content-security-policy']), /default-src 'none'.*; sandbox$/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['x-dns-prefetch-control'], 'off');
  // No policy stops a connection that is made beforehand.
  const hasty = '<LINK\trel=preconnect href=//x><link/rel=dns-prefetch><iframe SRCDOC\r\n="&lt;link&gt;"></iframe> srcdoc\r\n';
  await submit(sink.port(), { recipients: ['r@x'], body: `Content-Type: text/html\r\n\r\n${hasty}` });
  const calm =
    '<x-LINK\trel=preconnect href=//x><x-link/rel=dns-prefetch><iframe x-SRCDOC\r\n="&lt;link&gt;"></iframe> srcdoc\r\n';
  assert.equal((await ask('/api/messages/2/html')).text, calm);
  assert.equal((await ask('/api/messages/2/view')).text, `<base target="_blank">${calm}`);
  assert.equal(JSON.parse((await ask('/api/messages/2')).text).html, hasty);
  const page = await ask('/');
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'sha256-/);
  assert.doesNotMatch(page.text, /(?:src|href)="?https?:/);
  assert.doesNotMatch(page.text, / on[a-z]+=| style="/);
});

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const parts = [
  'Subject: parts\r\nContent-Type: multipart/mixed; boundary=b\r\n',
  '--b\r\nContent-Type: text/plain\r\n\r\nSee https://example.org/r?t=1. (or http://x.example/(a))',
  '--b\r\nContent-Type: text/html\r\n\r\n<!doctype html><a class=x href="https://example.org/b?x=1&amp;y=2">b</a>' +
    '<a href="javascript:alert(1)">j</a><img src="cid:logo%40x"><img src="cid:none">',
  `--b\r\nContent-Type: image/png; name=l.png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n${png}`,
  "--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename*=utf-8''..%2F%C3%BC.html\r\n\r\n<script>alert(2)</script>",
  '--b--\r\n',
].join('\r\n');

test('attachments can be fetched, links are listed, the view holds its images and opens links elsewhere', async (t) => {
  const { sink, ask } = await started(t);
  await submit(sink.port(), { recipients: ['p@x'], body: parts });
  const [message] = sink.messages();
  assert.deepEqual(message?.links, ['https://example.org/r?t=1', 'http://x.example/(a)', 'https://example.org/b?x=1&y=2']);
  assert.deepEqual(
    message?.attachments.map(({ part, name, type, contentId }) => [part, name, type, contentId]),
    [
      [2, 'l.png', 'image/png', 'logo@x'],
      [3, '../ü.html', 'text/html', ''],
    ],
  );
  assert.deepEqual(Buffer.from(sink.part(1, 2) ?? []).toString('base64'), png);
  assert.deepEqual([sink.part(1, 9), sink.part(2, 0)], [undefined, undefined]);
  const file = await ask('/api/messages/1/parts/3');
  assert.deepEqual([file.code, file.headers['content-type'], file.text], [200, 'text/html', '<script>alert(2)</script>']);
  assert.equal(file.headers['content-disposition'], "attachment; filename*=UTF-8''.._%C3%BC.html");
  assert.match(`${file.headers['content-security-policy']}`, /sandbox$/);
  for (const path of ['/api/messages/1/parts/9', '/api/messages/1/parts/', '/api/messages/1/parts', '/api/messages/1/text/1'])
    assert.equal((await ask(path)).code, 404, path);
  const view = await ask('/api/messages/1/view');
  assert.ok(view.text.startsWith('<!doctype html><base target="_blank"><a '));
  assert.ok(view.text.includes(`<img src="data:image/png;base64,${png}"><img src="cid:none">`));
  assert.match(
    `${view.headers['content-security-policy']}`,
    /default-src 'none'.*; sandbox allow-popups allow-popups-to-escape-sandbox$/,
  );
});

test('a query with a slip in it is refused, and does not find, wait for or delete everything', async (t) => {
  const { sink, ask } = await started(t);
  for (const name of ['a', 'b', 'c']) await submit(sink.port(), { recipients: [`${name}@x`], body: mail(name) });
  for (const query of ['recipient=a', 'limit=x', 'limit=-1', 'after=1e3', 'to=a&to=b', 'q=a&text=b', 'timeout=1']) {
    const said = await ask(`/api/messages?${query}`);
    assert.deepEqual([said.code, Object.keys(JSON.parse(said.text) as object)], [400, ['error']], query);
  }
  for (const query of ['timeout=-1', 'timeout=1e2', 'timeout=601', 'limit=1', 'recipient=a'])
    assert.equal((await ask(`/api/wait?${query}`)).code, 400, query);
  assert.equal((await ask('/api/messages?recipient=a', { method: 'DELETE' })).code, 400);
  assert.deepEqual((JSON.parse((await ask('/api/messages?limit=0')).text) as { messages: [] }).messages, []);
  assert.equal((await ask('/api/messages?to=nobody', { method: 'DELETE' })).text, '{"deleted":0}\n');
  assert.equal((await ask('/api/messages?to=b@x', { method: 'DELETE' })).text, '{"deleted":1}\n');
  assert.deepEqual(
    sink.messages().map(({ id }) => id),
    [1, 3],
  );
  assert.equal(sink.clear({ subject: 'c' }), 1);
});

test('wait answers with what came before or comes later, or says that nothing did', async (t) => {
  const { sink, ask } = await started(t);
  await submit(sink.port(), { recipients: ['r@x'], body: mail('early') });
  assert.match((await ask('/api/wait?subject=early')).text, /"subject":"early"/);
  const later = ask('/api/wait?after=1&to=r@x&timeout=20');
  const none = ask('/api/wait?to=nobody&timeout=0.05');
  await submit(sink.port(), { recipients: ['r@x'], body: mail('later') });
  assert.match((await later).text, /"subject":"later"/);
  assert.equal((await none).code, 408);
  assert.equal((await ask('/api/wait?timeout=x')).code, 400);
  await assert.rejects(sink.wait({ to: 'nobody' }, { timeout: 1 }), /kept: 2, the newest for r@x "early"; r@x "later"/);
});

test('a sink that keeps nothing says so', async (t) => {
  const { sink, ask } = await started(t, 0);
  await submit(sink.port(), { recipients: ['r@x'], body: mail('x') });
  assert.equal((await ask('/api/wait')).code, 409);
  await assert.rejects(sink.wait(), /keeps no messages/);
  assert.equal(JSON.parse((await ask('/api/messages')).text).total, 0);
});

test('only the newest are kept, and a huge one is cut', async (t) => {
  const { sink } = await started(t);
  const big = `${'x'.repeat(98)}\r\n`.repeat(3_000);
  for (let i = 0; i < 5; i++) await submit(sink.port(), { recipients: ['r@x'], body: mail(`big ${i}`, big) });
  assert.deepEqual(
    sink.messages().map(({ subject }) => subject),
    ['big 2', 'big 3', 'big 4'],
  );
  assert.ok(sink.report().kept.octets <= 1_048_576);
  await submit(sink.port(), { recipients: ['r@x'], body: mail('huge', big.repeat(4)) });
  assert.deepEqual(
    sink.messages().map(({ subject, cut }) => [subject, cut]),
    [['huge', true]],
  );
  assert.equal(sink.raw(6)?.length, 1_048_576);
  assert.equal(sink.report().messages, 6);
});

test('rules over HTTP: a mistake is named and changes nothing', async (t) => {
  const { sink, ask } = await started(t);
  assert.equal((await ask('/api/rules', { method: 'PUT', body: 'rcpt * 550 no' })).code, 200);
  const wrong = await ask('/api/rules', { method: 'PUT', body: 'rcpt * 450\nrcpt * 250' });
  assert.equal(wrong.code, 422);
  assert.deepEqual(JSON.parse(wrong.text), {
    error: 'line 2: "250" is no reply code from 400 to 599',
    line: 2,
    reason: '"250" is no reply code from 400 to 599',
  });
  assert.equal((await ask('/api/rules')).text, 'rcpt * 550 no');
  assert.equal((await submit(sink.port(), { recipients: ['r@x'], body: mail('x') }))[3], '550 no');
  assert.ok('disk-full' in JSON.parse((await ask('/api/presets')).text));
});

test('rules are UTF-8: shown as they were given, and met by addresses and replies octet by octet', async (t) => {
  const { sink, ask } = await started(t);
  const text = 'rcpt grün@* 550 größe\n';
  for (const put of [text, `\ufeff${text}`]) {
    assert.equal((await ask('/api/rules', { method: 'PUT', body: put })).code, 200);
    assert.equal((await ask('/api/rules')).text, text);
    const octets = Buffer.from('grün@x').toString('latin1');
    assert.equal(
      (await submit(sink.port(), { recipients: [octets], body: mail('x') }))[3],
      Buffer.from('550 größe').toString('latin1'),
    );
  }
  const wrong = await ask('/api/rules', { method: 'PUT', body: Buffer.from('rcpt * 550 a\nrcpt * 550 \xff\n', 'latin1') });
  assert.deepEqual([wrong.code, JSON.parse(wrong.text).reason, JSON.parse(wrong.text).line], [422, 'not UTF-8', 2]);
  const named = await ask('/api/rules', { method: 'PUT', body: 'rcpt * grün' });
  assert.match(JSON.parse(named.text).error, /"grün" is no action/);
});

test('latency is a summary of Prometheus: quantiles, sum and count in seconds', async (t) => {
  const { sink } = await started(t);
  const latency = { count: 4, min: 1, mean: 2.5, p50: 2, p90: 4, p99: 4, p999: 4, max: 4 };
  const lines = metricsText({ ...sink.report(), latency }).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes('latency')),
    [
      '# HELP tqmail_sink_latency_seconds From sending to arrival of marked messages.',
      '# TYPE tqmail_sink_latency_seconds summary',
      'tqmail_sink_latency_seconds{quantile="0.5"} 0.002',
      'tqmail_sink_latency_seconds{quantile="0.9"} 0.004',
      'tqmail_sink_latency_seconds{quantile="0.99"} 0.004',
      'tqmail_sink_latency_seconds{quantile="0.999"} 0.004',
      'tqmail_sink_latency_seconds_sum 0.01',
      'tqmail_sink_latency_seconds_count 4',
    ],
  );
});

test('metrics in the format of Prometheus, each name explained once', async (t) => {
  const { sink, ask } = await started(t);
  await submit(sink.port(), { recipients: ['a@x', '450-b@x'], body: mail('x') });
  const { text, headers } = await ask('/metrics');
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(text, /^tqmail_sink_messages_total 1$/m);
  assert.match(text, /^tqmail_sink_troubled_total\{kind="4xx"\} 1$/m);
  const named = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.equal(new Set(named).size, named.length);
  for (const line of text.trimEnd().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) tqmail_sink_\w+ .+|tqmail_sink_\w+(\{\w+="[\w.]+"\})? [\d.e+-]+)$/);
});

test('other sites are kept out: by a name that points here, or from their own pages', async (t) => {
  const { ask } = await started(t);
  const status = async (headers: Record<string, string>, method = 'GET'): Promise<number> =>
    (await ask('/api/messages', { method, headers })).code;
  assert.equal(await status({ host: 'evil.example:80' }), 403);
  assert.equal(await status({ origin: 'http://evil.example' }, 'DELETE'), 403);
  assert.equal(await status({ origin: 'null' }, 'DELETE'), 403);
  assert.equal(await status({ host: 'localhost:1', origin: 'http://localhost:1' }, 'DELETE'), 200);
});

test('a name that whoever started it gave is answered, in any case', async (t) => {
  const sink = await startSink({ http: loopback, httpNames: ['Sink.test'] });
  t.after(() => sink.close());
  const code = async (host: string): Promise<number> =>
    (await ask(sink.port('http'), '/metrics', { headers: { Host: host } })).code;
  assert.deepEqual([await code('sink.TEST:2580'), await code('sink.test'), await code('other.test')], [200, 200, 403]);
});

test('a target that is no address is the client’s mistake; two slashes are only a path', async (t) => {
  const { ask } = await started(t);
  assert.equal((await ask('http://[')).code, 400);
  for (const path of ['//', '//other.test/api/status']) assert.equal((await ask(path)).text, 'ok\n', path);
});

test('what is neither page nor interface is a webhook; wrong paths and methods are named', async (t) => {
  const { sink, ask } = await started(t);
  assert.deepEqual(
    [(await ask('/hook', { method: 'POST', body: '12345' })).text, (await ask('/', { method: 'POST' })).text],
    ['ok\n', 'ok\n'],
  );
  assert.deepEqual([sink.report().requests, sink.report().bytes], [2, 5]);
  assert.equal((await ask('/api/nothing')).code, 404);
  const wrong = await ask('/api/rules', { method: 'DELETE' });
  assert.deepEqual([wrong.code, JSON.parse(wrong.text).error], [405, '/api/rules is for GET, PUT']);
  assert.equal((await ask('/api/rules', { method: 'PUT', body: 'x'.repeat(2_000_000) })).code, 413);
});
