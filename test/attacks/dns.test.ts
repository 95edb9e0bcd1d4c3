/**
 * Name servers that lie: forged replies beside the true one, replies that are no DNS, names that loop or are too long, crowds
 * of exchangers, exchangers that are this machine. A forged answer is never believed, a broken one defers, and every
 * question has an end.
 */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { DnsRecords, maxExchangers } from '../../src/actors/remote/dns-records.js';
import { resolveDomain } from '../../src/actors/remote/resolver.js';
import { chooseAddresses } from '../../src/protocol/mx.js';
import { type DnsRecord, encodeResponse, type Question, readQuestion } from '../support/dns-wire.js';

interface Reply {
  readonly bytes: Buffer;
  /** From a port that was not asked. */
  readonly stray?: true;
  readonly afterMs?: number;
}
type Answer = (question: Question) => readonly Reply[];

const records = (owner: string, ...list: readonly DnsRecord[]) => list.map((record) => ({ owner, record }));
const trueA: DnsRecord = ['A', '192.0.2.1'];
const forgedA: DnsRecord = ['A', '203.0.113.66'];

/** The reply of an honest server: no MX, one address. */
const honest: Answer = (question) => [
  { bytes: encodeResponse(question, 0, question.type === 'A' ? records(question.name, trueA) : [], false) },
];
const forgedFor = (question: Question): Buffer =>
  encodeResponse(
    question,
    0,
    question.type === 'A' ? records(question.name, forgedA) : records(question.name, ['MX', 1, 'evil.test']),
    false,
  );

function changed(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}
const wrongId = (question: Question): Buffer => changed(forgedFor(question), 0, ((forgedFor(question)[0] ?? 0) + 1) & 255);
const wrongQuestion = (question: Question): Buffer => changed(forgedFor(question), 14, 0x7a);
const head = (question: Question, counts: number): Buffer => {
  const bytes = encodeResponse(question, 0, [], false);
  bytes.writeUInt16BE(counts, 6);
  return bytes;
};
/** A record whose name points to itself. */
const pointerLoop = (question: Question): Buffer => {
  const start = head(question, 1);
  const pointer = Buffer.from([0xc0 | (start.length >> 8), start.length & 255, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 66]);
  return Buffer.concat([start, pointer]);
};
/** An exchanger of `list`; its own address is asked for next. */
const exchangers =
  (...list: readonly DnsRecord[]): Answer =>
  (question) => {
    if (question.type === 'MX' && question.name === 'x.test')
      return [{ bytes: encodeResponse(question, 0, records('x.test', ...list), false) }];
    return honest(question);
  };
const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.test`;
const loop: Answer = (question) => [
  {
    bytes: encodeResponse(
      question,
      0,
      [...records('x.test', ['CNAME', 'y.test']), ...records('y.test', ['CNAME', 'x.test'])],
      false,
    ),
  },
];
const both =
  (lie: (question: Question) => Buffer, stray = false): Answer =>
  (question) => [
    { bytes: lie(question), ...(stray ? { stray: true as const } : {}) },
    ...honest(question).map((reply) => ({ ...reply, afterMs: 30 })),
  ];
const only =
  (lie: (question: Question) => Buffer, stray = false): Answer =>
  (question) => [{ bytes: lie(question), ...(stray ? { stray: true as const } : {}) }];

/** What mail for x.test comes to: `address`, or the first letter of the failure. */
const cases: readonly (readonly [what: string, answer: Answer, expected: RegExp])[] = [
  ['an honest server', honest, /^192\.0\.2\.1$/],
  ['a forged id, then the truth', both(wrongId), /^192\.0\.2\.1$/],
  ['a forged port, then the truth', both(forgedFor, true), /^192\.0\.2\.1$/],
  ['another question, then the truth', both(wrongQuestion), /^(192\.0\.2\.1$|Z)/],
  ['forged ids alone', only(wrongId), /^Z/],
  ['forged ports alone', only(forgedFor, true), /^Z/],
  ['another question alone', only(wrongQuestion), /^Z/],
  ['silence', () => [], /^Z/],
  ['an answer after the limit', (question) => [{ bytes: forgedFor(question), afterMs: 5_000 }], /^Z/],
  ['an empty datagram', only(() => Buffer.alloc(0)), /^Z/],
  ['a cut header', only((question) => honest(question)[0]?.bytes.subarray(0, 7) ?? Buffer.alloc(0)), /^Z/],
  ['more records announced than there are', only((question) => head(question, 65_535)), /^[ZD]/],
  ['a name that points to itself', only(pointerLoop), /^[ZD]/],
  ['random octets', only(() => Buffer.from(Array.from({ length: 400 }, (_, n) => (n * 73 + 11) & 255))), /^Z/],
  ['SERVFAIL', (question) => [{ bytes: encodeResponse(question, 2, [], false) }], /^Z/],
  ['no such domain', (question) => [{ bytes: encodeResponse(question, 3, [], false) }], /^D/],
  ['an alias loop', loop, /^[ZD]/],
  ['an empty exchanger', exchangers(['MX', 0, '']), /^D.*does not accept mail/],
  ['an exchanger with a name too long', exchangers(['MX', 1, long]), /^[ZD]/],
  [
    'thirty exchangers',
    exchangers(...Array.from({ length: 30 }, (_, n): DnsRecord => ['MX', n, `m${n}.test`])),
    /^(192\.0\.2\.1 ?)+$/,
  ],
];

async function ask(answer: Answer): Promise<string> {
  const sockets: Socket[] = [];
  const timers: NodeJS.Timeout[] = [];
  const open = async (): Promise<Socket> => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket;
  };
  const [server, stray] = [await open(), await open()];
  server.on('message', (bytes, peer) => {
    const question = readQuestion(bytes);
    for (const reply of question === undefined ? [] : answer(question)) {
      const send = (): void => (reply.stray ? stray : server).send(reply.bytes, peer.port, peer.address);
      if (reply.afterMs === undefined) send();
      else timers.push(setTimeout(send, reply.afterMs));
    }
  });
  const dns = new DnsRecords({ nameservers: [`127.0.0.1:${server.address().port}`], timeout: 250, tries: 1 });
  const resolved = await resolveDomain(dns, 'x.test');
  for (const timer of timers) clearTimeout(timer);
  for (const socket of sockets) socket.close();
  if (resolved.tag === 'failed') return resolved.outcome.status + resolved.outcome.text;
  return resolved.addresses.map(({ address }) => address).join(' ');
}

test('twenty name servers', async (t) => {
  const begun = performance.now();
  const found = await Promise.all(cases.map(([, answer]) => ask(answer)));
  t.diagnostic(`${Math.round(performance.now() - begun)} ms`);
  assert.equal(cases.length, 20);
  for (const [at, [what, , expected]] of cases.entries()) {
    await t.test(what, () => {
      assert.match(found[at] ?? '', expected);
      assert.doesNotMatch(found[at] ?? '', /203\.0\.113/, 'a forged address');
      assert.ok((found[at] ?? '').split(' ').length <= Math.max(maxExchangers, 40));
    });
  }
});

test('a forged reply with the right id, port and question is believed: the forgery can be seen', async () => {
  assert.match(await ask(only(forgedFor)), /203\.0\.113\.66/);
});

test('an exchanger that is this machine, in any spelling, is no next hop', () => {
  const own = new Set(['127.0.0.1', '::1', '192.0.2.7']);
  for (const address of [
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
    '0:0:0:0:0:0:0:1',
    '192.0.2.7',
    '::ffff:c000:207',
  ]) {
    const chosen = chooseAddresses(
      [
        { address, preference: 1 },
        { address: '192.0.2.9', preference: 2 },
      ],
      own,
    );
    assert.deepEqual(chosen, { addresses: [], self: true }, address);
  }
  assert.deepEqual(chooseAddresses([{ address: '192.0.2.9', preference: 1 }], own).addresses, ['192.0.2.9']);
});
