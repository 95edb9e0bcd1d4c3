/**
 * A log that nobody reads, in a pipe that is full: the server still notices that a process of it died, still reads its files
 * anew, and still ends when it is told to. Whoever reads the log in the end reads that lines are missing.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startKeepingSink } from '../support/keeping-sink.js';
import { backwards, banner, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { SmtpDialogue } from '../support/smtp-dialogue.js';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

interface Deaf {
  readonly server: ServerProcess;
  /** So many messages for the next hop. */
  send(count: number): Promise<void>;
  /** Fills the pipe to its last octet. */
  fill(): void;
  /** What the pipe holds. */
  read(): string;
}

/** A server whose log goes into a pipe that nobody reads. */
async function deafServer(t: TestContext): Promise<Deaf> {
  const ending = backwards(t);
  let arrived = 0;
  const sink = await startKeepingSink(ending, {
    taken: () => {
      arrived += 1;
      return { accept: true };
    },
  });
  const home = await makeMailHome(openFolder(ending), sink.port);
  const pipe = join(home.path, 'log-pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, O_RDONLY | O_NONBLOCK);
  const writer = openSync(pipe, O_WRONLY);
  const filler = openSync(pipe, O_WRONLY | O_NONBLOCK);
  ending.after(() => {
    closeSync(reader);
    closeSync(filler);
  });
  const server = new ServerProcess(ending, home, {}, writer);
  closeSync(writer);
  await banner(home.port);
  const send = async (count: number): Promise<void> => {
    const wanted = arrived + count;
    const client = await (await SmtpDialogue.open(home.port)).greet();
    for (let n = 0; n < count; n += 1) assert.match(await client.send(['box@dest.test'], `Subject: ${n}\r\n\r\n`), /^250 /);
    client.close();
    await until('all have arrived', 30_000, () => arrived >= wanted);
  };
  const fill = (): void => {
    for (const size of [4_096, 1]) {
      try {
        for (;;) writeSync(filler, '\n'.repeat(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
    }
  };
  const read = (): string => {
    const octets = Buffer.alloc(1_048_576);
    let length = 0;
    try {
      for (let got = 1; got > 0; length += got) got = readSync(reader, octets, length, octets.length - length, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return octets.toString('latin1', 0, length);
  };
  return { server, send, fill, read };
}

test('a full pipe of log: a node that dies is started again, and the server ends when it is told to', async (t) => {
  const { server, send, fill } = await deafServer(t);
  fill();
  await send(20);
  const node = server.pid('node') ?? 0;
  process.kill(node, 'SIGKILL');
  await until('another node', 20_000, () => (server.pid('node') ?? node) !== node);
  await banner(server.home.port, 20_000);
  await send(5);
  const begun = performance.now();
  assert.equal(await server.stop(60_000), 0);
  const took = performance.now() - begun;
  t.diagnostic(`ended after ${Math.round(took)} ms`);
  assert.ok(took < 15_000, `not killed after the time that deliveries have: ${took} ms`);
});

test('a full pipe of log: settings are read anew, and the log goes on with a word about what is missing', async (t) => {
  const { server, send, fill, read } = await deafServer(t);
  fill();
  await send(20);
  const node = server.pid('node');
  writeFileSync(join(server.home.path, 'control/logformat'), 'nonsense\n');
  server.child.kill('SIGHUP');
  await send(5);
  let log = '';
  await until('the log goes on', 20_000, () => {
    log += read();
    return /^alert: unable to reread |^warning: \d+ log lines dropped/m.test(log) && /^end msg \d+$/m.test(log);
  });
  assert.equal(server.pid('node'), node, 'the same node');
  assert.equal(await server.stop(), 0);
});
