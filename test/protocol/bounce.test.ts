/** Bounces: the recorded ones byte for byte, paragraphs of odd reports, who gets one, and their octets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BounceSettings, bounceFor } from '../../src/protocol/bounce/bounce-for.js';
import { prefixBytes } from '../../src/protocol/bounce/prefix-bytes.js';
import { bounceParagraph } from '../../src/protocol/bounce/qsbmf.js';
import { parseSettings } from '../../src/protocol/control.js';
import { logSafe } from '../../src/protocol/log-line.js';
import { lastOutcome } from '../../src/protocol/retry.js';
import { compileRouting } from '../../src/protocol/routing.js';
import { fixture } from './fixture.js';
import { type RecordedSend, recordedSend } from './recorded.js';

const settings: BounceSettings = {
  bouncefrom: 'MAILER-DAEMON',
  bouncehost: 'mx.test.example',
  doublebounceto: 'postmaster',
  doublebouncehost: 'mx.test.example',
};
const noMailbox = 'Sorry, no mailbox here by that name. (#5.1.1)\n';

/** A delivered bounce as its parts: the lines that delivery and queue put on top, the bounce, the original. */
function takeApart(mail: string) {
  const start = mail.indexOf('Date: ');
  const mark = /\n--- Below this line is [^\n]*\n\nReturn-Path: [^\n]*\n/.exec(mail);
  assert.ok(start > 0 && mark !== null);
  const end = mark.index + mark[0].length;
  return { top: mail.slice(0, start), prefix: mail.slice(start, end), original: mail.slice(end) };
}

function prefixOf(sender: string, paragraphs: string, date: string, from = settings): string {
  const bounce = bounceFor(sender, paragraphs, date, from);
  assert.ok(bounce.kind !== 'triple');
  return bounce.prefix;
}

test('recorded: two recipients, one of them a virtual user whose prefix shows', () => {
  const { virtual, prefix } = {
    virtual: compileRouting({
      envnoathost: 'mx.test.example',
      percenthack: [],
      locals: [],
      virtualdomains: { 'v.example': 'joe-v', 'user@x.example': 'joe-u' },
    }),
    prefix: takeApart(fixture('observed/bounce-single-two-recipients.eml')).prefix,
  };
  const paragraphs =
    bounceParagraph(virtual.stripVirtual('joe-nouser-user@x.example'), noMailbox) +
    bounceParagraph(virtual.stripVirtual('joe-v-fail@v.example'), 'line1\n\nline3 50% \xc3\xa9\n');
  assert.equal(prefixOf('joe@example.org', paragraphs, '21 Nov 2026 19:00:38 -0000'), prefix);
});

test('recorded: last words of a message that was too long in the queue', () => {
  const { prefix } = takeApart(fixture('observed/bounce-lifetime.eml'));
  const report = { status: 'Z', text: "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n" } as const;
  const paragraphs = ['b%c@dead.example', 'a@dead.example'].map((to) => bounceParagraph(to, lastOutcome(report).text));
  assert.equal(prefixOf('joe@example.org', paragraphs.join(''), '21 Nov 2026 18:39:12 -0000'), prefix);
});

test('recorded: the bounce of a bounce, with the whole bounce below', () => {
  const double = takeApart(fixture('observed/bounce-double.eml'));
  const date = '21 Nov 2026 19:00:38 -0000';
  assert.equal(prefixOf('', bounceParagraph('nobody-here@mx.test.example', noMailbox), date), double.prefix);
  const single = takeApart(double.original);
  assert.equal(
    prefixOf('nobody-here@mx.test.example', bounceParagraph('nosuch@mx.test.example', noMailbox), date),
    single.prefix,
  );
});

/** Envelope sender of the message that bounced: injected, or that of a list in between, as the log shows it. */
function bouncedSender({ inject, expected }: RecordedSend): string {
  const injected = inject[0]?.sender ?? 'amy@oracle.example.com';
  const bounced = expected.messages.find((lines) => lines.some((line) => line.startsWith('bounce msg')));
  const logged = /from <(.*)> qp/.exec(bounced?.join('\n') ?? '')?.[1] ?? '';
  return logged === logSafe(injected) ? injected : logged;
}
const recorded = recordedSend();
const intro = 'Hi. This is the qmail-send program at ';

test('recorded cases: everything around the paragraphs', () => {
  let compared = 0;
  for (const one of recorded) {
    const { id, controls, expected } = one;
    const parsed = parseSettings(new Map(Object.entries(controls)));
    for (const { content } of expected.files ?? []) {
      if (!content.includes(intro) || content.includes(`Subject: failure notice\n\n${intro}`, content.indexOf(intro) + 1))
        continue;
      assert.ok('settings' in parsed, id);
      const { prefix } = takeApart(content);
      const from = prefix.indexOf('\n\n<') + 2;
      const paragraphs = prefix.slice(from, prefix.lastIndexOf('--- Below this line'));
      assert.equal(prefixOf(bouncedSender(one), paragraphs, '{DATE}', parsed.settings), prefix, id);
      compared++;
    }
  }
  assert.ok(compared >= 40, `${compared} recorded bounces`);
});

/** Reports as the programs of the recorded cases wrote them. */
const reports: Readonly<Record<string, string>> = {
  'send-0067': 'I do not like this\n',
  'send-0068': '',
  'send-0070': 'one\n\ntwo\n\n\n\nthree\n\n',
  'send-0071': 'one',
  'send-0072': '\n\n\n',
  'send-0075': 'a\xe9b\x01c\ttab%',
  'send-0077': 'out\nerr\n',
};
for (const [id, report] of Object.entries(reports)) {
  test(`recorded case ${id}: its paragraph`, () => {
    const content = recorded.find((one) => one.id === id)?.expected.files?.[0]?.content;
    assert.ok(content?.includes(`work out.\n\n${bounceParagraph('joe@oracle.example.com', report)}--- Below`), content);
  });
}

test('a sender without host is quoted where needed', () => {
  assert.match(prefixOf('a b', '', 'now'), /\nTo: "a b"\n[\s\S]*\nReturn-Path: <"a b">\n$/);
  assert.match(prefixOf('amy', '', 'now'), /\nTo: amy\n[\s\S]*\nReturn-Path: <amy>\n$/);
});

test('a recipient with a line end keeps its paragraph together', () => {
  assert.equal(bounceParagraph('no ne\nx@oracle.example.com', noMailbox), `<no ne_x@oracle.example.com>:\n${noMailbox}\n`);
});

test('a paragraph has one empty line, at its end, whatever the report says', () => {
  const report = fc.string({ unit: fc.constantFrom('\n', '\n', 'a', '-', '<') });
  fc.assert(
    fc.property(report, (text) => {
      const paragraph = bounceParagraph('a@b', text);
      assert.ok(paragraph.endsWith('\n\n'));
      // A report that ends in an empty line leaves qmail's paragraph with two, never with text behind one.
      assert.match(paragraph.replace(/\n+$/, '\n'), /^(?:[^\n]+\n)+$/);
    }),
  );
});

test('a report is cut at 10000 octets', () => {
  assert.equal(bounceParagraph('a@b', 'x'.repeat(20_000)).length, '<a@b>:\n'.length + 10_000 + 2);
});

const recipientsOf: readonly (readonly [sender: string, kind: string, from: string, to: string])[] = [
  ['joe@example.org', 'single', '', 'joe@example.org'],
  ['owner-@host-@[]', 'single', '', 'owner-@host'],
  ['list-@[]', 'single', '', 'list'],
  ['', 'double', '#@[]', 'postmaster@mx.test.example'],
  ['-@[]', 'double', '#@[]', 'postmaster@mx.test.example'],
];
for (const [sender, kind, from, to] of recipientsOf) {
  test(`<${sender}>: ${kind} bounce from <${from}> to ${to}`, () => {
    const bounce = bounceFor(sender, '', 'now', settings);
    assert.ok(bounce.kind !== 'triple');
    assert.equal(bounce.kind, kind);
    assert.deepEqual(bounce.envelope, { sender: from, recipients: [to] });
  });
}

test('<#@[]>: nothing more is sent; an empty doublebounceto gives the trash address', () => {
  assert.deepEqual(bounceFor('#@[]', 'x', 'now', settings), { kind: 'triple' });
  const bounce = bounceFor('', '', 'now', { ...settings, doublebounceto: '' });
  assert.ok(bounce.kind === 'double');
  assert.deepEqual(bounce.envelope.recipients, ['@mx.test.example']);
});

test('no sender can add a header line', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('\n', '\r', 'a', '@', '"', '\\', ' ', ':') }), (sender) => {
      const bounce = bounceFor(sender, '', 'now', settings);
      assert.ok(bounce.kind !== 'triple');
      assert.match(bounce.prefix, /^Date: now\nFrom: [^\r\n]*\nTo: [^\r\n]*\nSubject: failure notice\n\nHi\./);
      assert.match(bounce.prefix, /\n\nReturn-Path: <[^\r\n]*>\n$/);
    }),
  );
});

test('octets in both forms', () => {
  const text = (form: 'wire' | 'unix', from: string) => Buffer.from(prefixBytes(from, form)).toString('latin1');
  assert.equal(text('unix', '.a\n\r\xe9\n'), '.a\n \xe9\n');
  assert.equal(text('wire', '.a\nb.\n..\n\n\r\xe9\r\n'), '..a\r\nb.\r\n...\r\n\r\n \xe9 \r\n');
});
