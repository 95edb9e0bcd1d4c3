/**
 * What a delivery makes of strangers' text: variables of programs, reports, bounces, what is written to terminals, parts of
 * a message that somebody looks at. Bounded, printable where it must be, and nothing that a shell or a terminal obeys.
 */
import { biffText, logins } from '../../../src/protocol/biff.js';
import { bounceFor } from '../../../src/protocol/bounce/bounce-for.js';
import { bounceParagraph } from '../../../src/protocol/bounce/qsbmf.js';
import { localExit } from '../../../src/protocol/local-report.js';
import { programVariables } from '../../../src/protocol/mailbox/environment.js';
import { decodeWords } from '../../../src/protocol/message/encoded-words.js';
import { type MimePart, parseMime } from '../../../src/protocol/message/mime.js';
import { recordedField } from '../recorded.js';
import { agree, holds, magnitude, shape, type Target } from '../target.js';

const settings = { bouncefrom: 'MAILER-DAEMON', bouncehost: 'h', doublebounceto: 'postmaster', doublebouncehost: 'h' };

export const local: Target = {
  name: 'local',
  words: ['() {', '() { :;};', '\0', '-@[]', '#@[]', '\x1b[2J', 'did 0+1+0\n', 'Subject: ', '\n\n', '\xff'],
  seeds: () => ['joe-a-b', '() {() { x', '#@[]', 'list-@[]', 'Subject: x\n\nbody', '', 'x'.repeat(3_100)],
  run(input) {
    const facts = { user: 'joe', home: '/h', local: input, host: input, ext: input, sender: input, newSender: input };
    const more = { matched: input, deliveredTo: 'd\n', returnPath: 'r\n', separator: 's\n' };
    for (const [name, value] of Object.entries(programVariables({ ...facts, ...more })))
      holds(`${name} is a value`, !value.includes('\0') && !value.startsWith('() {'));
    const { status, text } = localExit(input.length % 256, input);
    holds('a report is bounded and has no NUL', text.length <= 3_000 && !text.includes('\0') && /^[KZD]$/.test(status));
    const bounce = bounceFor(input, bounceParagraph('x@y', `${text}\n`), 'date', settings);
    agree('a double bounce has none', bounce.kind === 'triple', input === '#@[]');
    if (bounce.kind !== 'triple') holds('a bounce has one recipient and no owner', bounce.envelope.recipients.length === 1);
    const written = biffText(input.slice(0, 50), input.slice(0, 20), input);
    holds('nothing steers a terminal', /^\r\n\x07[\x20-\x7e]*\r\n {4}[\x20-\x7e]{0,78}\r\n$/.test(written));
    for (const { line } of logins(input.repeat(Math.ceil(400 / (input.length + 1)))))
      holds('a line is a path below /dev without points', /^[\w/-]+$/.test(line));
    return `${status} ${magnitude(text.length)} ${bounce.kind} ${shape(input)}`;
  },
};

const nested = (part: MimePart): number => part.leaves().length;

export const mime: Target = {
  name: 'mime',
  words: [
    'Content-Type: multipart/mixed; boundary=b\n',
    '--b\n',
    '--b--\n',
    '\n\n',
    'Content-Transfer-Encoding: base64\n',
    'Content-Transfer-Encoding: quoted-printable\n',
    '=?utf-8?b?YQ==?=',
    '=20',
    "; name*=utf-8''a%20b",
    'charset="x"',
  ],
  seeds: () => [
    'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Transfer-Encoding: base64\n\nYWJj\n--b--\n',
    'Subject: =?utf-8?q?caf=C3=A9?= =?x?b?YQ==?=\nContent-Transfer-Encoding: quoted-printable\n\na=\nb=20 \n',
    ...recordedField('inject', 'stdin'),
  ],
  run(input) {
    const whole = parseMime(input);
    const leaves = whole.leaves();
    holds('parts are bounded', leaves.length <= 201 && whole.fields.length <= 1_000);
    for (const leaf of leaves.slice(0, 20))
      holds('a content is no longer than the message', leaf.content().length <= input.length);
    const words = whole.fields.map(({ value }) => decodeWords(value, (octets) => octets));
    holds('words do not grow', words.join('').length <= input.length);
    return `${magnitude(nested(whole))} ${leaves.map(({ type, fileName }) => `${type.slice(0, 8)}${fileName === undefined}`).slice(0, 4)} ${shape(words.join())}`;
  },
};
