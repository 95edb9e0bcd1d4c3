/**
 * Mail of other people's clients (Python's smtplib, swaks, Postfix's smtp-source) arrives byte by byte as it was sent, in a
 * Maildir and at the next hop.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../runner/tree.js';
import { startKeepingSink, type TakenMessage } from '../support/keeping-sink.js';
import { backwards, banner, localRecipient, makeMailHome, openFolder, remoteRecipient } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';

/** Why a program cannot be used here, or undefined. */
function missing(program: string, ...args: readonly string[]): string | undefined {
  const { error } = spawnSync(program, args, { stdio: 'ignore' });
  return error === undefined ? undefined : `not applicable: ${program} is not installed`;
}

async function startServer(t: TestContext): Promise<{ server: ServerProcess; arrived: TakenMessage[] }> {
  const ending = backwards(t);
  const arrived: TakenMessage[] = [];
  const sink = await startKeepingSink(ending, {
    taken: (message) => {
      arrived.push(message);
      return { accept: true };
    },
  });
  const server = new ServerProcess(ending, await makeMailHome(openFolder(ending), sink.port));
  await banner(server.home.port);
  return { server, arrived };
}

/** Runs a client to its end; its standard output. Fails when it does. */
function client(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code) => (code === 0 ? settle(stdout) : fail(new Error(`${program} ended with ${code}: ${stderr}`))));
  });
}

const inMaildir = ({ home }: ServerProcess): Buffer[] =>
  readdirSync(join(home.maildir, 'new')).map((name) => readFileSync(join(home.maildir, 'new', name)));

/** What a message carried behind the trace fields that servers put in front: number and body, in hexadecimal as the client told it. */
function oddOf(message: Buffer, lineEnd: string): { readonly n: number; readonly hex: string } {
  const text = message.toString('latin1');
  const at = text.indexOf('X-Odd: ');
  const head = `${lineEnd}${lineEnd}`;
  const body = text.slice(text.indexOf(head, at) + head.length);
  const wire = lineEnd === '\n' ? body.replaceAll('\n', '\r\n') : body;
  return { n: Number.parseInt(text.slice(at + 7), 10), hex: Buffer.from(wire, 'latin1').toString('hex') };
}

test('1,000 odd messages of smtplib arrive as they were sent', async (t) => {
  const why = missing('python3', '--version');
  if (why !== undefined) return t.diagnostic(why);
  const count = 1_000;
  const { server, arrived } = await startServer(t);
  const script = join(root, 'test/e2e/odd-bodies.py');
  const told = await client('python3', [script, `${server.home.port}`, `${count}`, localRecipient, remoteRecipient]);
  const sent = told
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { n: number; body: string });
  await drained(server);
  assert.equal(sent.length, count);
  const places = {
    local: inMaildir(server).map((message) => oddOf(message, '\n')),
    remote: arrived.map(({ bytes }) => oddOf(bytes, '\r\n')),
  };
  for (const [place, messages] of Object.entries(places)) {
    assert.equal(messages.length, count, place);
    const bodies = new Map(messages.map(({ n, hex }) => [n, hex]));
    for (const { n, body } of sent) assert.equal(bodies.get(n), body, `${place}: message ${n}`);
  }
});

test('swaks delivers', async (t) => {
  const why = missing('swaks', '--version');
  if (why !== undefined) return t.diagnostic(why);
  const { server, arrived } = await startServer(t);
  const to = `${localRecipient},${remoteRecipient}`;
  const said = await client('swaks', [
    '--server',
    `127.0.0.1:${server.home.port}`,
    '--from',
    'a@b.test',
    '--to',
    to,
    '--body',
    'of swaks',
  ]);
  assert.match(said, /250 2\.0\.0 ok \d+ qp \d+/);
  await drained(server);
  assert.match(inMaildir(server).join(''), /of swaks/);
  assert.match(arrived.map(({ bytes }) => bytes.toString('latin1')).join(''), /of swaks/);
});

test('smtp-source delivers, one and many recipients and sessions', async (t) => {
  const why = missing('smtp-source', '-h');
  if (why !== undefined) return t.diagnostic(why);
  const { server, arrived } = await startServer(t);
  const at = `127.0.0.1:${server.home.port}`;
  await client('smtp-source', ['-m', '40', '-s', '4', '-d', '-l', '3000', '-f', 'a@b.test', '-t', remoteRecipient, at]);
  await client('smtp-source', ['-m', '5', '-s', '2', '-r', '6', '-f', 'a@b.test', '-t', remoteRecipient, at]);
  await drained(server);
  const recipients = arrived.flatMap((message) => message.recipients);
  // The first of six recipients has the plain address, the others are numbered.
  assert.equal(recipients.filter((address) => address === remoteRecipient).length, 40 + 5);
  assert.equal(recipients.length, 40 + 5 * 6);
});
