/**
 * `import { startSink } from 'tqmail/sink'` as another project has it: the packed package, its types, a node:test of that project.
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
    exports: Record<string, string>;
    typesVersions: { '*': Record<string, string[]> };
  };
  const types = typesVersions['*'].sink?.[0] ?? '';
  assert.equal(types, exports['./sink']?.replace(/\.js$/, '.d.ts'));
  assert.ok(existsSync(join(modules, 'tqmail', types)));
  const required = await run(process.execPath, ['-e', "console.log(typeof require('tqmail/sink').startSink)"], 60, {
    folder: dir,
  });
  assert.match(required.output, /^function$/m);
  symlinkSync(join(root, 'node_modules', '@types'), join(modules, '@types'));
  writeFileSync(join(dir, 'package.json'), '{"type":"module","private":true}\n');
  writeFileSync(join(dir, 'mail.test.ts'), program);
  const options = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'], rootDir: '.' };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['mail.test.ts'] }));
  const compiled = await run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', dir], 60);
  assert.equal(compiled.code, 0, compiled.output);
  const tested = await run('env', ['-u', 'NODE_TEST_CONTEXT', process.execPath, '--test', join(dir, 'mail.test.js')], 60);
  assert.equal(tested.code, 0, tested.output);
  assert.match(tested.output, /# pass 2/);
});
