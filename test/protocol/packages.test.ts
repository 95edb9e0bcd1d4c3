/**
 * The QMTP and QMQP server sessions: the recorded cases in one piece and cut at every octet, bounds, and octets of
 * any kind.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromByteString, toByteString } from '../../src/protocol/bytes.js';
import { CrLfLines } from '../../src/protocol/crlf-lines.js';
import type { PackageEvent, PackageSession } from '../../src/protocol/package-session.js';
import { QmqpServerSession } from '../../src/protocol/qmqp.js';
import { QmtpServerSession } from '../../src/protocol/qmtp.js';
import { differences, recordedCases } from '../golden/recorded.js';
import { type PackageCase, replayPackages } from './package-replay.js';

const net = (text: string): string => `${text.length}:${text},`;
const open = { databytes: 0, maxRecipients: 3, relayclient: undefined, allowed: () => true };

for (const [file, protocol] of [
  ['qmtpd', 'QMTP'],
  ['qmqpd', 'QMQP'],
] as const) {
  const cases = recordedCases<PackageCase>(file);
  const different = differences();

  test(`${protocol}: the recorded sessions, however they are cut`, () => {
    assert.ok(cases.length > 60, 'the recorded cases are missing');
    for (const one of cases) {
      if (different.has(one.id)) continue;
      const { exit, output, queued } = one.expected;
      for (const cut of one.input.length > 5_000 ? [65_536, 4_095] : [65_536, 1, 2, 3, 7]) {
        assert.deepEqual(replayPackages(protocol, one, cut), { exit, output, queued }, `${one.id}, ${cut} octets at once`);
      }
    }
  });

  test(`${protocol}: where octets are cut makes no difference, whatever they are`, () => {
    const good = cases.filter(({ input }) => input.length < 300).map(({ input }) => input);
    const octets = fc.string({ unit: fc.constantFrom(...'0123456789:,\n\rab\0', 'é'), maxLength: 60 });
    const piece = fc.oneof(fc.constantFrom(...good), octets, octets.map(net));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), fc.integer({ min: 1, max: 9 }), (pieces, cut) => {
        const one = { id: '', controls: {}, env: { RELAYCLIENT: '' }, queueExit: 0, input: pieces.join(''), expected: {} };
        assert.deepEqual(replayPackages(protocol, one as never, cut), replayPackages(protocol, one as never));
      }),
      { numRuns: 300 },
    );
  });
}

function run(session: PackageSession, text: string): PackageEvent[] {
  const events: PackageEvent[] = [];
  session.receive(Buffer.from(text, 'latin1'));
  for (let event = session.next(); event !== undefined; event = session.next()) events.push(event);
  return events;
}

const pack = (recipients: readonly string[], body = '\nx\n'): string =>
  net(body) + net('a@b') + net(recipients.map(net).join(''));

test('QMTP: a settled end asks for no decision and an open one reads nothing before it has one', () => {
  const session = new QmtpServerSession({ ...open, allowed: (recipient) => recipient !== 'no' });
  const [message, body, end, ...more] = run(session, pack(['yes', 'no']) + pack(['no']));
  assert.equal(message?.tag, 'message');
  assert.deepEqual(body, { tag: 'body', bytes: Buffer.from('x\n') });
  assert.deepEqual(end, { tag: 'end', sender: 'a@b', recipients: ['yes'], settled: false });
  assert.deepEqual(more, []);
  assert.equal(session.output(), '');
  assert.equal(session.busy, true);
  session.decide('Kok');
  assert.match(session.output(), /^3:Kok,66:Dsorry/);
  const next = run(session, '');
  assert.deepEqual(next.at(-1), { tag: 'end', sender: 'a@b', recipients: [], settled: true });
  assert.match(session.output(), /^66:Dsorry/);
  assert.equal(session.busy, false);
});

test('QMTP: recipients beyond the limit are answered Z, twice as many end the session', () => {
  const session = new QmtpServerSession(open);
  const end = run(session, pack(['1', '2', '3', '4', '5'])).at(-1);
  assert.deepEqual(end, { tag: 'end', sender: 'a@b', recipients: ['1', '2', '3'], settled: false });
  session.decide('Kok');
  assert.match(session.output(), /^(3:Kok,){3}(\d+:Ztoo many recipients[^,]*, [^,]*,){2}$/);
  assert.deepEqual(run(session, pack(['1', '2', '3', '4', '5', '6', '7'])).at(-1), { tag: 'broken', fault: 111 });
});

test('QMTP: a NUL in a recipient is told only of domains that are taken', () => {
  const session = new QmtpServerSession({ ...open, allowed: (recipient) => recipient.endsWith('@ours') });
  run(session, pack(['a\0@ours', 'a\0@theirs', 'a@theirs\0@ours']));
  const refused = [...session.output().matchAll(/D[^,]*, (\S+)/g)].map(([, word]) => word);
  assert.deepEqual(refused, ['I', 'that', 'I']);
});

test('QMTP: a relay check that cannot be made ends the session', () => {
  const session = new QmtpServerSession({
    ...open,
    allowed: () => {
      throw new Error('damaged');
    },
  });
  assert.deepEqual(run(session, pack(['1'])).at(-1), { tag: 'broken', fault: 111 });
  assert.deepEqual(run(session, pack(['1'])), []);
});

test('QMTP: of a message announced too large nothing is handed over', () => {
  const session = new QmtpServerSession({ ...open, databytes: 2 });
  assert.deepEqual(
    run(session, pack(['1'], '\nxy\n')).map(({ tag }) => tag),
    ['message', 'end'],
  );
  assert.match(session.output(), /^61:D/);
});

test('QMQP: one answer, then the end; too many recipients are answered Z', () => {
  const session = new QmqpServerSession({ maxRecipients: 1 });
  const inner = net('x\n') + net('a@b') + net('c') + net('d');
  const events = run(session, net(inner) + net(inner));
  assert.deepEqual(
    events.map(({ tag }) => tag),
    ['message', 'body', 'end', 'quit'],
  );
  assert.match(session.output(), /^\d+:Ztoo many recipients.*,$/);
  assert.deepEqual(run(session, net(inner)), []);
});

test('QMQP: an outer length must end within 100 octets', () => {
  assert.deepEqual(run(new QmqpServerSession({ maxRecipients: 1 }), '0'.repeat(101)), [{ tag: 'broken', fault: 100 }]);
});

test('CR LF becomes LF as one replacement does it, however the text is cut', () => {
  const text = fc.string({ unit: fc.constantFrom('\r', '\n', 'a'), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (pieces) => {
      const lines = new CrLfLines();
      const got = pieces.map((piece, at) => toByteString(lines.convert(fromByteString(piece), at === pieces.length - 1)));
      assert.equal(got.join(''), pieces.join('').replaceAll('\r\n', '\n'));
    }),
  );
});
