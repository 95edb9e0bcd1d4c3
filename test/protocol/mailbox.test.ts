/** Forms of messages in mailboxes: added lines, mbox quoting, Maildir names, environment, reports. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { forwardedOutcome, reportText } from '../../src/protocol/local-report.js';
import { deliveredToLine, returnPathLine, separatorLine } from '../../src/protocol/mailbox/added-lines.js';
import { inheritedVariables, programVariables } from '../../src/protocol/mailbox/environment.js';
import { deliveredName, isSameMessage } from '../../src/protocol/mailbox/maildir.js';
import { FromQuoting } from '../../src/protocol/mailbox/mbox.js';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** Runs text through a converter, cut at the given places. */
function cutAt(text: string, cuts: readonly number[], push: (piece: Uint8Array) => Uint8Array, end: () => Uint8Array): string {
  const places = [...cuts.filter((cut) => cut < text.length), 0, text.length].sort((one, other) => one - other);
  let out = '';
  for (let i = 1; i < places.length; i++) out += latin1(push(Buffer.from(text.slice(places[i - 1], places[i]), 'latin1')));
  return out + latin1(end());
}

test('added lines', () => {
  assert.equal(deliveredToLine('jo\ne', 'h'), 'Delivered-To: jo_e@h\n');
  assert.equal(returnPathLine(''), 'Return-Path: <>\n');
  assert.equal(returnPathLine('a b@c.d'), 'Return-Path: <"a b"@c.d>\n');
  assert.equal(returnPathLine('a\nb@c.d'), 'Return-Path: <"a\\_b"@c.d>\n');
  assert.equal(returnPathLine('a b'), 'Return-Path: <"a b">\n', 'a name without host is quoted too');
  assert.equal(separatorLine('', 1_717_200_000), 'From MAILER-DAEMON Sat Jun 01 00:00:00 2024\n');
  assert.equal(separatorLine('a b\tc@d', 0), 'From a-b-c@d Thu Jan 01 00:00:00 1970\n');
});

const mboxText = fc.string({
  unit: fc.constantFrom('F', 'r', 'o', 'm', ' ', '>', '\n', 'x', 'From ', '\nFrom ', '>>From '),
  maxLength: 40,
});
const cuts = fc.array(fc.nat(80), { maxLength: 6 });

test('mbox: lines like From are quoted wherever the pieces are cut', () => {
  fc.assert(
    fc.property(mboxText, cuts, (text, places) => {
      const quoting = new FromQuoting();
      const got = cutAt(
        text,
        places,
        (piece) => quoting.push(piece),
        () => quoting.end(),
      );
      const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
      assert.equal(got, `${whole.replace(/^(>*From )/gm, '>$1')}\n`);
    }),
  );
});

test('Maildir names: the same delivery has the same name, any other has not', () => {
  const identity = { birth: 1_700_000_000, nonce: '0123456789abcdef', message: 12, recipient: 3, line: 2, hostname: 'a/b:c' };
  const name = deliveredName(identity);
  assert.equal(name, '1700000000.Q0123456789abcdefI12R3L2.a\\057b\\072c');
  assert.notEqual(name, deliveredName({ ...identity, message: 1, recipient: 23 }));
  assert.ok(isSameMessage(`${name}:2,S`, name) && isSameMessage(name, name) && !isSameMessage(`${name}x`, name));
});

test('the environment of programs', () => {
  const facts = {
    user: 'joe',
    home: '/h',
    sender: '() { :; }; x',
    newSender: 'a\0b',
    returnPath: '',
    deliveredTo: '',
    separator: '',
  };
  const got = programVariables({
    ...facts,
    local: 'joe-env-A.b-c-d',
    host: 'a.b.c.example.org',
    ext: 'env-A.b-c-d',
    matched: undefined,
  });
  assert.deepEqual([got.EXT2, got.EXT3, got.EXT4], ['A.b-c-d', 'c-d', 'd']);
  assert.deepEqual([got.HOST2, got.HOST3, got.HOST4], ['a.b.c.example', 'a.b.c', 'a.b']);
  assert.equal('DEFAULT' in got, false);
  assert.equal(got.NEWSENDER, 'ab');
  assert.equal(got.SENDER?.startsWith('() {'), false);
  assert.deepEqual(inheritedVariables({ PATH: '/p', NODE_OPTIONS: '--x', SECRET: 's', TZ: 'UTC' }), { PATH: '/p', TZ: 'UTC' });
});

test('reports: cut at 3,000 octets as qmail cuts, and at a NUL', () => {
  assert.equal(reportText('x'.repeat(3000)), 'x'.repeat(3000));
  assert.equal(reportText('x'.repeat(3001)), `${'x'.repeat(2966)}\nError report too long, sorry.\n`);
  assert.equal(reportText('a\0b'), 'a');
});

test('a delivery counts once its forwards are queued', () => {
  const delivered = { status: 'K', text: 'out\ndid 0+2+1\n' } as const;
  assert.deepEqual(forwardedOutcome(delivered, { tag: 'queued', qp: 9 }), { status: 'K', text: 'out\ndid 0+2+1\nqp 9\n' });
  const refused = { tag: 'refused', permanent: false, text: 'qq internal bug (#4.3.0)' } as const;
  assert.deepEqual(forwardedOutcome(delivered, refused), {
    status: 'Z',
    text: 'out\nUnable to forward message: qq internal bug (#4.3.0).\n',
  });
});
