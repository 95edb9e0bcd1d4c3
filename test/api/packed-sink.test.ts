/**
 * `import { startSink } from 'tqmail/sink'` as another project has it, and `require`: the packed package, its types, tests of that
 * project of both kinds.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../runner/command.js';
import { root } from '../runner/tree.js';

/** What docs/sink.md shows. */
const program = `
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { type ReceivedMessage, type Sink, startSink } from 'tqmail/sink';

let sink: Sink;
before(async () => { sink = await startSink(); });
after(() => sink.close());
beforeEach(() => { sink.clear(); sink.setRules('clean'); });

async function send(to: string): Promise<string> {
  const socket = connect(sink.port(), '127.0.0.1');
  let said = '';
  socket.on('data', (piece: Buffer) => { said += piece.toString(); });
  socket.write(\`HELO app\\r\\nMAIL FROM:<app@example.org>\\r\\nRCPT TO:<\${to}>\\r\\nDATA\\r\\nSubject: Welcome\\r\\n\\r\\nHello!\\r\\n.\\r\\nQUIT\\r\\n\`);
  await once(socket, 'close');
  return said;
}

test('the application welcomes a new user', async () => {
  const waiting = sink.wait({ to: 'new@example.org' }, { timeout: 5_000 });
  await send('new@example.org');
  const message: ReceivedMessage = await waiting;
  assert.equal(message.subject, 'Welcome');
  assert.equal(message.text, 'Hello!\\r\\n');
  assert.deepEqual(message.recipients, ['new@example.org']);
});

test('a full mailbox', async () => {
  sink.setRules('rcpt * 452 mailbox full');
  assert.match(await send('new@example.org'), /452 mailbox full/);
  assert.equal(sink.messages().length, 0);
});
`;

/** For loaders that know no ES modules, and tests that have a time of their own. */
const older = `
import assert = require('node:assert/strict');
import net = require('node:net');
import { test } from 'node:test';
import library = require('tqmail/sink');

test('without ES modules, without any time but its own', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: 0 });
  const sink: library.Sink = await library.startSink({ http: { address: '127.0.0.1', port: 0 }, smtp: { address: '127.0.0.1', port: 0 }, threads: 2 });
  const waiting = sink.wait({ subject: /^Wel/ }, { timeout: 30_000 });
  net.connect(sink.port(), '127.0.0.1').end('HELO app\\r\\nMAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\nSubject: Welcome\\r\\n\\r\\nHello!\\r\\n.\\r\\nQUIT\\r\\n').resume();
  const message: library.ReceivedMessage = await waiting;
  assert.ok(message.at > '2020', message.at);
  await assert.rejects(sink.wait({ to: 'nobody' }, { timeout: 1 }), /no message that matches { to: "nobody" } .* 1 ms; kept: 1/);
  await assert.rejects(library.startSink({ qmtp: { address: '127.0.0.1', port: sink.port('http') } }), (error: Error) => /in use/.test(error.message) && /old.test.cjs/.test(error.stack ?? ''));
  const page = await fetch(\`http://127.0.0.1:\${sink.port('http')}/\`);
  assert.match(await page.text(), /<title>/);
  assert.throws(() => sink.setRules('rcpt * 999 no'), library.SinkRulesError);
  assert.equal((await import('tqmail/sink')).SinkRulesError, library.SinkRulesError);
  await sink.close();
});
`;

test('the packed package gives other projects a typed sink', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-packed-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--loglevel=silent', '--pack-destination', dir], 60);
  assert.equal(packed.code, 0, packed.output);
  const tarball = /^\S+\.tgz$/m.exec(packed.output)?.[0] ?? '';
  const modules = join(dir, 'node_modules');
  mkdirSync(join(modules, 'tqmail'), { recursive: true });
  assert.equal(
    (await run('tar', ['-xzf', join(dir, tarball), '-C', join(modules, 'tqmail'), '--strip-components=1'], 60)).code,
    0,
  );
  // For compilers that do not read "exports".
  const { exports, typesVersions } = JSON.parse(readFileSync(join(modules, 'tqmail', 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, Record<string, string>>>;
    typesVersions: { '*': Record<string, string[]> };
  };
  const types = typesVersions['*'].sink?.[0] ?? '';
  assert.equal(types, exports['./sink']?.import?.types);
  assert.ok(existsSync(join(modules, 'tqmail', types)));
  symlinkSync(join(root, 'node_modules', '@types'), join(modules, '@types'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module","private":true}\n');
  writeFileSync(join(dir, 'mail.test.ts'), program);
  writeFileSync(join(dir, 'old.test.cts'), older);
  const options = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'], rootDir: '.' };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.test.*'] }));
  const compiled = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', dir], 60);
  assert.equal(compiled.code, 0, compiled.output);
  // An older Node's require; one that knows no such option has nothing else.
  const noModules = process.allowedNodeEnvironmentFlags.has('--no-experimental-require-module')
    ? ['--no-experimental-require-module']
    : [];
  const compiledTests = ['mail.test.js', 'old.test.cjs'].map((name) => join(dir, name));
  const command = ['-u', 'NODE_TEST_CONTEXT', process.execPath, ...noModules, '--test', ...compiledTests];
  const tested = await run('env', command, 60);
  assert.equal(tested.code, 0, tested.output);
  assert.match(tested.output, /# pass 3/);
});
