/** The way between two threads, here two ends of a channel in one: order, packing, posts, credits, closing. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Link, type LinkTarget } from '../../src/actors/kernel/link.js';

interface Arrived {
  readonly edge: string;
  readonly message: string;
  readonly payload: unknown;
  readonly answer: ((value: unknown) => void) | undefined;
}

class End implements LinkTarget {
  readonly arrived: Arrived[] = [];
  readonly answers: { readonly edge: string; readonly ask: number; readonly value: unknown }[] = [];
  readonly link: Link;
  closings = 0;
  posts = 0;
  #waiting: { readonly met: () => boolean; readonly resolve: () => void }[] = [];

  constructor(port: MessagePort) {
    const post = port.postMessage.bind(port);
    port.postMessage = (...values: Parameters<MessagePort['postMessage']>) => {
      this.posts += 1;
      post(...values);
    };
    this.link = new Link(port, this);
  }

  receive(edge: string, message: string, payload: unknown, answer: ((value: unknown) => void) | undefined): void {
    this.arrived.push({ edge, message, payload, answer });
    this.#look();
  }

  answered(edge: string, ask: number, value: unknown): void {
    this.answers.push({ edge, ask, value });
    this.#look();
  }

  closed(): void {
    this.closings += 1;
    this.#look();
  }

  #look(): void {
    for (const waiting of this.#waiting.filter(({ met }) => met())) {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      waiting.resolve();
    }
  }

  until(met: () => boolean): Promise<void> {
    return met() ? Promise.resolve() : new Promise((resolve) => this.#waiting.push({ met, resolve }));
  }
}

function pair(t: TestContext): [End, End] {
  const { port1, port2 } = new MessageChannel();
  const ends: [End, End] = [new End(port1), new End(port2)];
  t.after(() => ends[0].link.close());
  return ends;
}

const octets = (size: number, seed: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) & 0xff);

test('tells and asks arrive in their order, answers go back to their ask', async (t) => {
  const [here, there] = pair(t);
  here.link.send(0, 'queue>send', 'queued', 0, { head: 1 });
  here.link.send(1, 'smtpd>queue', 'submit', 7, { qp: 2 });
  here.link.send(0, 'queue>send', 'queued', 0, { head: 3 });
  await there.until(() => there.arrived.length === 3);
  assert.deepEqual(
    there.arrived.map(({ edge, message, payload, answer }) => [edge, message, payload, answer !== undefined]),
    [
      ['queue>send', 'queued', { head: 1 }, false],
      ['smtpd>queue', 'submit', { qp: 2 }, true],
      ['queue>send', 'queued', { head: 3 }, false],
    ],
  );
  there.arrived[1]?.answer?.({ tag: 'accepted', id: 9 });
  await here.until(() => here.answers.length === 1);
  assert.deepEqual(here.answers, [{ edge: 'smtpd>queue', ask: 7, value: { tag: 'accepted', id: 9 } }]);
});

test('everything of one tick is one post', async (t) => {
  const [here, there] = pair(t);
  for (let n = 0; n < 100; n += 1) here.link.send(n % 2 === 0 ? 0 : 1, 'smtpd>queue', 'submit', n, { n, bytes: octets(n, n) });
  await there.until(() => there.arrived.length === 100);
  assert.equal(here.posts, 1);
  for (const { answer } of there.arrived) answer?.('done');
  await here.until(() => here.answers.length === 50);
  assert.equal(there.posts, 1);
});

test('bytes are packed when they are sent and restored as they were, also when there are many of them', async (t) => {
  const [here, there] = pair(t);
  const sizes = [0, 1, 7, 8, 9, 4_095, 100_000, 3, 2_000_000];
  const reused = new Uint8Array(2_000_000);
  sizes.forEach((size, n) => {
    const view = reused.subarray(0, size);
    view.set(octets(size, n));
    here.link.send(1, 'smtpd>queue', 'submit', n + 1, { n, bytes: view, size });
  });
  reused.fill(0xff);
  await there.until(() => there.arrived.length === sizes.length);
  there.arrived.forEach(({ payload, answer }, n) => {
    const { bytes, size } = payload as { bytes: Uint8Array; size: number };
    assert.equal(size, sizes[n]);
    assert.ok(Buffer.from(bytes).equals(Buffer.from(octets(size, n))), `payload ${n}`);
    answer?.({ form: 'wire', bytes });
  });
  await here.until(() => here.answers.length === sizes.length);
  here.answers.forEach(({ value }, n) => {
    assert.ok(Buffer.from((value as { bytes: Uint8Array }).bytes).equals(Buffer.from(octets(sizes[n] as number, n))));
  });
});

test('a link that is too far ahead is not open until the other side has caught up', async (t) => {
  const [here, there] = pair(t);
  let sent = 0;
  while (here.link.open) {
    here.link.send(0, 'smtpd>splogger', 'lines', 0, { n: sent });
    here.link.flush();
    sent += 1;
    assert.ok(sent <= 1_000, 'no bound');
  }
  assert.ok(sent >= 100);
  await there.until(() => there.arrived.length === sent);
  while (!here.link.open) await new Promise(setImmediate);
  here.link.send(0, 'smtpd>splogger', 'lines', 0, { n: sent });
  await there.until(() => there.arrived.length === sent + 1);
  assert.deepEqual(
    there.arrived.map(({ payload }) => (payload as { n: number }).n),
    Array.from({ length: sent + 1 }, (_, n) => n),
  );
});

test('two idle ends stay silent: a count of posts is not answered by a count', async (t) => {
  const [here, there] = pair(t);
  for (let n = 0; n < 200; n += 1) {
    here.link.send(0, 'smtpd>splogger', 'lines', 0, n);
    here.link.flush();
  }
  await there.until(() => there.arrived.length === 200);
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  const posts = here.posts + there.posts;
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  assert.equal(here.posts + there.posts, posts);
  assert.equal(here.posts, 200);
});

test('what was sent before a close arrives; both ends learn of it once', async () => {
  const { port1, port2 } = new MessageChannel();
  const [here, there] = [new End(port1), new End(port2)];
  here.link.send(0, 'smtpd>splogger', 'lines', 0, 'last words');
  here.link.close();
  here.link.close();
  here.link.send(0, 'smtpd>splogger', 'lines', 0, 'too late');
  await there.until(() => there.closings > 0);
  assert.deepEqual(
    there.arrived.map(({ payload }) => payload),
    ['last words'],
  );
  assert.equal(here.link.open, false);
  assert.deepEqual([here.closings, there.closings], [1, 1]);
});
