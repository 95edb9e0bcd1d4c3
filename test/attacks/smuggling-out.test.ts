/**
 * Smuggling out of the server: messages with every odd line end, from QMTP, from programs, through forwarding and list files
 * and in bounces, and addresses with line ends in them. The next hop keeps every octet: strict SMTP, nothing forged.
 */

import assert from 'node:assert/strict';
import { chownSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../bench/process/port.js';
import { runOnPipe } from '../support/file-descriptors.js';
import { net, qmtpPackage } from '../support/package-house.js';
import { backwards, banner, makeMailHome, openFolder } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';
import { drained } from '../support/server-status.js';
import { faults, messages, startRawSink } from './raw-sink.js';

const forged = 'MAIL FROM:<forged@b.test>\r\nRCPT TO:<forged@dest.test>\r\nDATA\r\nforged\r\n.\r\n';
const marks: readonly string[] = [
  ...['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r.\r\n', '\r\n.\r', '\r\n.\r\n', '\r.\n', '\n.\r', '\r\r\n.\r\r\n', '\n\r.\n\r'],
  ...[
    '\0\n.\0\n',
    '\r\n.\0\r\n',
    '\r\0\n.\r\0\n',
    '\n\n.\n\n',
    '\r\r.\r\r',
    '\n..\n',
    '\n.',
    '\r',
    '\r\n',
    '\0',
    '\x85.\x85',
    '\v.\v',
    '\f.\f',
  ],
];
const bodies = marks.map((mark, n) => `Subject: odd ${n}\n\nx${mark}${forged}`);

const files: Readonly<Record<string, string>> = {
  fwd: '&box@dest.test\n',
  list: '&box@dest.test\n+list\n',
  'list-owner': '#\n',
  no: "|printf 'no\\r.\\r\\n.\\r\\nMAIL FROM:<forged@b.test>\\r\\n\\0'; exit 100\n",
};
const local = (ext: string): string => `demo-${ext}@mail.example.org`;

/** Every body on every way, in one QMTP connection. */
function packages(): string {
  const ways = ['box@dest.test', local('fwd'), local('list'), local('no')];
  const plain = bodies.flatMap((body) => ways.map((way) => qmtpPackage([way], `\n${body}`, 'back@dest.test')));
  const carriage = bodies.map((body) => qmtpPackage(['box@dest.test'], `\r${body}`, 'back@dest.test'));
  const odd = ['a\r\nRCPT TO:<forged@dest.test>\r\n', 'a b"c\\', 'a\rb', 'a\nb', `x>\r\n${forged}`];
  const addresses = odd.flatMap((text) => [
    qmtpPackage(['box@dest.test', local('fwd'), local('no')], '\nSubject: s\n\nx\n', `${text}@dest.test`),
    qmtpPackage([`${text}@dest.test`, local(text)], '\nSubject: s\n\nx\n', 'back@dest.test'),
  ]);
  return [...plain, ...carriage, ...addresses].join('');
}

function sendAll(port: number, octets: string): Promise<string> {
  return new Promise((settle) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(octets, 'latin1'));
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => settle(said));
  });
}

test('whatever comes in goes out as strict SMTP, and nothing forged with it', async (t) => {
  const ending = backwards(t);
  const sink = await startRawSink(ending);
  const home = await makeMailHome(openFolder(ending), sink.port);
  const qmtp = await freePort();
  writeFileSync(join(home.path, 'control/listeners'), `smtp 127.0.0.1:${home.port}\nqmtp 127.0.0.1:${qmtp}\n`);
  const demo = dirname(home.maildir);
  const { uid, gid } = statSync(demo);
  for (const [ext, text] of Object.entries(files)) {
    writeFileSync(join(demo, `.qmail-${ext}`), text);
    chownSync(join(demo, `.qmail-${ext}`), uid, gid);
  }
  const server = new ServerProcess(ending, home);
  await banner(home.port);
  const said = await sendAll(qmtp, packages());
  assert.equal(said.match(/\d+:K/g)?.length, 5 * bodies.length + 5 * 5, said.slice(-200));
  const injected = ['\n.\n', '\r.\r', '\r\n.\r\n', '\0'].map((mark) =>
    runOnPipe(
      'qmail-inject',
      { args: ['box@dest.test'], env: { QMAILHOME: home.path, QMAILNAME: 'x\nBcc: forged@dest.test' } },
      `Subject: i\n\nx${mark}${forged}`,
    ),
  );
  for (const { code, stderr } of await Promise.all(injected)) assert.equal(code, 0, stderr);
  await drained(server);
  const all = sink.carried.join('');
  for (const carried of sink.carried) assert.deepEqual(faults(carried), []);
  // As a command a forged line would stand where none stands: faults would count its message's end as a command.
  const came = sink.carried.flatMap(messages);
  t.diagnostic(`${came.length} messages on ${sink.carried.length} connections`);
  assert.ok(came.length > 2 * bodies.length, `${came.length} messages`);
  const outside = came.reduce((rest, message) => rest.replace(message, ''), all);
  assert.doesNotMatch(outside, /forged/);
  for (const message of came) assert.doesNotMatch(message, /^Bcc:/m);
});

test('the reading of the next hop sees what is wrong', () => {
  const talk = (body: string): string => `EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n${body}\r\n.\r\nQUIT\r\n`;
  assert.deepEqual(faults(talk('x\r\n..\r\n')), []);
  assert.deepEqual(messages(talk('x')), ['x\r\n']);
  const wrong: readonly (readonly [string, string])[] = [
    ['x\ny', 'bare LF'],
    ['x\ry', 'bare CR'],
    ['x\0y', 'NUL'],
    ['x\r\n.y', 'a dot in front was not doubled'],
  ];
  for (const [body, fault] of wrong) assert.deepEqual(faults(talk(body)), [fault]);
  assert.match(faults(talk('x\r\n.\r\nforged')).join(), /no command: "forged"/);
  assert.match(faults('MAIL FROM:<a@b>\r\nRCPT TO:<c@d> x y\r\n').join(), /no command/);
  assert.equal(net('x'), '1:x,');
});
