/**
 * run/queue.sock in process: what a client sends, what is submitted, what is answered.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { frame } from '../../src/actors/inject/frames.js';
import { handOver } from '../../src/actors/inject/hand-over.js';
import { type BodyWriter, Intake } from '../../src/actors/inject/intake.js';
import { type QueueSocketOptions, serveQueueSocket } from '../../src/actors/inject/queue-socket.js';
import type { Submission, Submitted } from '../../src/actors/messages.js';
import { envelopeText } from '../../src/protocol/queue-envelope.js';

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
const noFile = async (): Promise<BodyWriter> => {
  throw new Error('no body file is wanted here');
};

async function serve(t: TestContext, options: Partial<QueueSocketOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tqmail-test-'));
  const path = join(folder, 'queue.sock');
  const submitted: Submission[] = [];
  const submit = async (submission: Submission): Promise<Submitted> => ({ tag: 'accepted', id: submitted.push(submission) });
  const server = await serveQueueSocket({
    path,
    submit,
    createBodyFile: noFile,
    spillLimit: 1000,
    now: () => 1_795_000_000_000,
    ...options,
  });
  t.after(async () => {
    await server.close(0);
    rmSync(folder, { recursive: true });
  });
  const client = async () => {
    const connection = await handOver(path, 1234, 77);
    assert.ok(connection !== undefined);
    return connection;
  };
  return { path, submitted, client };
}

test('a message in pieces arrives whole, with the queue its Received line on top', async (t) => {
  const { submitted, client } = await serve(t);
  const connection = await client();
  for (const piece of ['Subject: x\n', '\n', 'bo\0dy\n']) await connection.message(octets(piece));
  for (const piece of ['Fa@', 'b\0Tc@d\0T', 'e@f\0', '\0']) await connection.envelope(octets(piece));
  assert.deepEqual(await connection.commit(), { code: 0, text: '' });
  const [one] = submitted;
  assert.deepEqual(one?.envelope, { sender: 'a@b', recipients: ['c@d', 'e@f'] });
  const text = Buffer.from(one?.bytes ?? []).toString('latin1');
  assert.equal(text, 'Received: (qmail 77 invoked by uid 1234); 18 Nov 2026 11:06:40 -0000\nSubject: x\n\nbo\0dy\n');
  assert.deepEqual(
    [one?.origin, one?.uid, one?.qp, one?.form, one?.size, one?.unixSize],
    ['inject', 1234, 77, 'unix', text.length, text.length],
  );
});

test('a client that leaves before its commit leaves no message and no body file', async (t) => {
  let discarded = (): void => undefined;
  const gone = new Promise<void>((settle) => {
    discarded = settle;
  });
  const file: BodyWriter = {
    name: 'f',
    write: () => undefined,
    close: async () => ({ size: 0, checksum: 0 }),
    discard: async () => discarded(),
  };
  const { submitted, client } = await serve(t, { createBodyFile: async () => file });
  const connection = await client();
  await connection.message(Buffer.alloc(5000, 'x'));
  await connection.envelope(octets(envelopeText({ sender: '', recipients: [] })));
  connection.abandon();
  await gone;
  assert.equal(submitted.length, 0);
});

test('a large body is a file, whose checksum goes with it; what the store may have kept keeps its file', async (t) => {
  let discarded = 0;
  const file: BodyWriter = {
    name: 'f',
    write: () => undefined,
    close: async () => ({ size: 5000, checksum: 4711 }),
    discard: async () => {
      discarded += 1;
    },
  };
  const submissions: Submission[] = [];
  const refusals = ['storage', 'full'] as const;
  const submit = async (submission: Submission): Promise<Submitted> => {
    submissions.push(submission);
    const why = refusals[submissions.length - 2];
    return why === undefined ? { tag: 'accepted', id: 1 } : { tag: 'refused', why, text: why };
  };
  const { client } = await serve(t, { createBodyFile: async () => file, submit });
  const codes: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const connection = await client();
    await connection.message(Buffer.alloc(5000, 'x'));
    await connection.envelope(octets(envelopeText({ sender: '', recipients: ['b'] })));
    codes.push((await connection.commit()).code);
    assert.equal(discarded, n === 2 ? 1 : 0);
  }
  assert.deepEqual(codes, [0, 53, 53]);
  assert.deepEqual([submissions[0]?.file, submissions[0]?.checksum, submissions[0]?.bytes], ['f', 4711, undefined]);
});

test('a client that is dropped while the queue has its message: the body file is the queue its own', async (t) => {
  let discarded = 0;
  const file: BodyWriter = {
    name: 'f',
    write: () => undefined,
    close: async () => ({ size: 5000, checksum: 4711 }),
    discard: async () => {
      discarded += 1;
    },
  };
  const submissions: Submission[] = [];
  let accept = (): void => undefined;
  const submit = (submission: Submission): Promise<Submitted> => {
    submissions.push(submission);
    return new Promise((settle) => {
      accept = () => settle({ tag: 'accepted', id: 1 });
    });
  };
  const { client } = await serve(t, { createBodyFile: async () => file, submit, idleMs: 200 });
  const connection = await client();
  await connection.message(Buffer.alloc(5000, 'x'));
  await connection.envelope(octets(envelopeText({ sender: '', recipients: ['b'] })));
  assert.equal((await connection.commit()).code, 53, 'dropped without an answer');
  // Another one's turn: by then the server has heard of the end of the first.
  assert.equal((await (await client()).commit()).code, 54);
  accept();
  await new Promise(setImmediate);
  assert.deepEqual([submissions.length, submissions[0]?.file, discarded], [1, 'f', 0]);
});

test('all envelopes under way together are bounded', async (t) => {
  const { submitted, client } = await serve(t, { mostEnvelopes: 2_000 });
  const envelope = octets(envelopeText({ sender: 'a', recipients: Array.from({ length: 200 }, (_, n) => `r${n}`) }));
  const first = await client();
  await first.envelope(envelope.subarray(0, -1));
  // What the first one sent is there before what comes after the answer to another.
  assert.equal((await (await client()).commit()).code, 54);
  const second = await client();
  await second.envelope(envelope);
  assert.equal((await second.commit()).code, 51);
  await first.envelope(envelope.subarray(-1));
  assert.equal((await first.commit()).code, 0);
  const third = await client();
  await third.envelope(envelope);
  assert.equal((await third.commit()).code, 0, 'room again');
  assert.equal(submitted.length, 2);
});

test('a message in pieces of one octet takes hardly more memory than one in large pieces', async () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const held = async (size: number): Promise<number> => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const now = 1_795_000_000;
    const intake = new Intake({ uid: 7, qp: 7, now, spillLimit: 300_000, createBodyFile: noFile });
    const all = Buffer.alloc(200_000, 'x');
    for (let at = 0; at < all.length; at += size) await intake.message(all.subarray(at, at + size));
    collect();
    const after = process.memoryUsage();
    assert.equal(intake.failure, undefined);
    return after.heapUsed + after.arrayBuffers - heapUsed - arrayBuffers;
  };
  await held(1);
  const large = await held(65_536);
  const small = await held(1);
  assert.ok(small < large + 1_000_000, `${small} octets, ${large} in large pieces`);
});

test('accepts that fail are no end of the socket', async (t) => {
  const { path, client } = await serve(t);
  const handles = (process as unknown as { _getActiveHandles(): readonly unknown[] })._getActiveHandles();
  const server = handles.find((handle) => handle instanceof Server && handle.address() === path) as Server;
  for (let n = 0; n < 3; n += 1) server.emit('error', new Error('accept EMFILE'));
  const connection = await client();
  await connection.envelope(octets(envelopeText({ sender: 'a', recipients: ['b'] })));
  assert.equal((await connection.commit()).code, 0);
});

test('faults are answered with qmail-queue its exit codes, and nothing is submitted', async (t) => {
  const { submitted, client } = await serve(t);
  const codes: number[] = [];
  for (const envelope of [`F${'x'.repeat(1003)}\0\0`, 'Xa\0\0', 'Fa\0Tb\0']) {
    const connection = await client();
    await connection.message(octets('x\n'));
    await connection.envelope(octets(envelope));
    codes.push((await connection.commit()).code);
  }
  assert.deepEqual(codes, [11, 91, 54]);
  assert.equal(submitted.length, 0);
});

test('a refused message is 53 with the queue its words', async (t) => {
  const { client } = await serve(t, { submit: async () => ({ tag: 'refused', why: 'full', text: 'the disk is full' }) });
  const connection = await client();
  await connection.envelope(octets(envelopeText({ sender: 'a', recipients: ['b'] })));
  assert.deepEqual(await connection.commit(), { code: 53, text: 'the disk is full' });
});

test('no more messages are taken at once than allowed; the next waits', async (t) => {
  let release = (): void => undefined;
  let seen = (): void => undefined;
  const first = new Promise<void>((settle) => {
    seen = settle;
  });
  let open = 0;
  const submit = async (): Promise<Submitted> => {
    open++;
    seen();
    if (open === 1) await new Promise<void>((settle) => (release = settle));
    return { tag: 'accepted', id: open };
  };
  const { client } = await serve(t, { submit, atOnce: 1 });
  const envelope = octets(envelopeText({ sender: 'a', recipients: ['b'] }));
  const one = await client();
  await one.envelope(envelope);
  const oneDone = one.commit();
  await first;
  const two = await client();
  await two.envelope(envelope);
  const twoDone = two.commit();
  assert.equal(open, 1);
  release();
  assert.deepEqual([(await oneDone).code, (await twoDone).code, open], [0, 0, 2]);
});

test('a stranger who speaks something else is told so', async (t) => {
  const { path } = await serve(t);
  const told = async (bytes: Buffer): Promise<string> =>
    new Promise((settle) => {
      const socket = connect(path, () => socket.write(bytes));
      let text = '';
      socket.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.once('end', () => {
        socket.destroy();
        settle(text.slice(5));
      });
    });
  assert.match(await told(octets('GET / HTTP/1.0\r\n\r\n')), /^81 /);
  assert.match(await told(frame('H', octets('2 0 1'))), /^81 /);
  assert.match(await told(frame('C', octets(''))), /^81 /);
});
