/**
 * Servers that answer oddly, as scripts for one connection, and what one delivery to them must come to. A message counts
 * as delivered only when an answer to its final dot says so.
 */
import type { Step } from '../../support/scripted-smtp-server.js';

export interface ServerRow {
  readonly what: string;
  readonly steps: readonly Step[];
  /** Status of the only recipient. */
  readonly status: 'K' | 'Z' | 'D';
  readonly text: RegExp;
}

const say = (send: string): Step => ({ send });
const line: Step = { line: true };
const close: Step = { close: true };
const reset: Step = { reset: true };

/** The usual answers of a server without extensions; each can be replaced. `undefined` ends the script there. */
export interface Answers {
  readonly banner?: string;
  readonly ehlo?: string;
  readonly mail?: string;
  readonly rcpt?: string;
  readonly data?: string;
  readonly end?: string;
}

export const usual: Required<Answers> = {
  banner: '220 fake ESMTP\r\n',
  ehlo: '250 fake\r\n',
  mail: '250 ok\r\n',
  rcpt: '250 ok\r\n',
  data: '354 go\r\n',
  end: '250 accepted\r\n',
};

export function dialogue(answers: Answers = {}): Step[] {
  const { banner, ehlo, mail, rcpt, data, end } = { ...usual, ...answers };
  return [say(banner), line, say(ehlo), line, say(mail), line, say(rcpt), line, say(data), { data: true }, say(end), line, close];
}

const pipelining = '250-fake\r\n250 PIPELINING\r\n';
const accepted = /^127\.0\.0\.1 accepted message\.\nRemote host said: 250/;
const died = /^Connected to 127\.0\.0\.1 but connection died\. \(#4\.4\.2\)/;
const duplicate = /connection died\. Possible duplicate! \(#4\.4\.2\)/;
const greetingFailed = /^Connected to 127\.0\.0\.1 but greeting failed\./;
const nameRejected = /^Connected to 127\.0\.0\.1 but my name was rejected\./;

const row = (what: string, status: ServerRow['status'], text: RegExp, answers: Answers): ServerRow => ({
  what,
  steps: dialogue(answers),
  status,
  text,
});
/** The script stops after `count` steps of the usual dialogue; `last` is what happens then. */
const until = (what: string, count: number, last: readonly Step[], text: RegExp, answers: Answers = {}): ServerRow => ({
  what,
  steps: [...dialogue(answers).slice(0, count), ...last],
  status: 'Z',
  text,
});

const many = (count: number, text: string): string =>
  [...new Array<string>(count).fill(text.replace(' ', '-')), text, ''].join('\r\n');

const greetings: readonly ServerRow[] = [
  row('a banner of several lines', 'K', accepted, { banner: '220-a\r\n220-b\r\n220 c\r\n' }),
  row('a banner without text', 'K', accepted, { banner: '220\r\n' }),
  row('a banner that ends in LF', 'K', accepted, { banner: '220 fake\n' }),
  row('a NUL in the banner', 'K', accepted, { banner: '220 a\0b\r\n' }),
  row('a banner of 4,000 octets', 'K', accepted, { banner: `220 ${'x'.repeat(4_000)}\r\n` }),
  row('a banner of 100 lines', 'K', accepted, { banner: many(100, '220 line') }),
  row('codes that differ within one reply: the first counts', 'K', accepted, { banner: '220-a\r\n554 b\r\n' }),
  row('a banner with 554', 'Z', greetingFailed, { banner: '554 no\r\n' }),
  row('a banner with 421', 'Z', greetingFailed, { banner: '421 busy\r\n' }),
  row('a banner with 1xx', 'Z', greetingFailed, { banner: '110 wait\r\n' }),
  row('a banner with 250', 'Z', greetingFailed, { banner: '250 hello\r\n' }),
  row('a banner in words', 'Z', greetingFailed, { banner: 'hello there\r\n' }),
  row('a banner of octets', 'Z', greetingFailed, { banner: '\xff\xfe\x00\x80\r\n' }),
  row('an SSH banner: its fourth octet announces another line', 'Z', died, { banner: 'SSH-2.0-OpenSSH\r\n' }),
  row('a banner of two digits', 'Z', /^Connected/, { banner: '22\r\n' }),
  row('a banner of one octet', 'Z', died, { banner: '2\n' }),
  row('an empty line as banner', 'Z', died, { banner: '\r\n' }),
  row('a banner of 300,000 octets without a line end', 'Z', died, { banner: '220 '.padEnd(300_000, 'x') }),
  row('a banner that never ends', 'Z', died, { banner: '220-more and more and more\r\n'.repeat(12_000) }),
  until('the end at once', 0, [close], died),
  until('a reset at once', 0, [reset], /connection died|wasn't able to establish/),
  until('half a banner, then the end', 0, [say('220 fa'), close], died),
  until('silence', 0, [], /died|timed out|unable to establish/i),
];

const names: readonly ServerRow[] = [
  row('EHLO with many lines', 'K', accepted, { ehlo: many(200, '250 X-WORD') }),
  row('EHLO with words nobody knows', 'K', accepted, { ehlo: '250-fake\r\n250-\xff\r\n250-\r\n250- \r\n250 =\0=\r\n' }),
  row('EHLO with a word in the first line alone', 'K', accepted, { ehlo: '250 PIPELINING\r\n' }),
  row('EHLO in LF alone', 'K', accepted, { ehlo: '250-fake\n250 SIZE\n' }),
  row('EHLO with 354', 'Z', nameRejected, { ehlo: '354 go\r\n' }),
  row('EHLO with 220', 'Z', nameRejected, { ehlo: '220 again\r\n' }),
  row('EHLO with 421', 'Z', nameRejected, { ehlo: '421 bye\r\n' }),
  {
    what: 'EHLO refused, HELO taken',
    steps: [say(usual.banner), line, say('502 what?\r\n'), ...dialogue().slice(1)],
    status: 'K',
    text: accepted,
  },
  {
    what: 'EHLO refused for now, HELO taken',
    steps: [say(usual.banner), line, say('451 later\r\n'), ...dialogue().slice(1)],
    status: 'K',
    text: accepted,
  },
  {
    what: 'EHLO and HELO refused',
    steps: [say(usual.banner), line, say('502 what?\r\n'), line, say('502 what?\r\n')],
    status: 'Z',
    text: nameRejected,
  },
  until('the end instead of an answer to EHLO', 2, [close], died),
  until('half an answer to EHLO, then the end', 2, [say('250-fake\r\n250-SI'), close], died),
  until('a last line of EHLO that never comes', 2, [say('250-fake\r\n250-SIZE\r\n'), close], died),
];

const envelopes: readonly ServerRow[] = [
  row('several lines everywhere', 'K', accepted, {
    mail: '250-a\r\n250 b\r\n',
    rcpt: '250-a\r\n250-b\r\n250 c\r\n',
    data: '354-a\r\n354 b\r\n',
    end: '250-a\r\n250 b\r\n',
  }),
  row('codes without text everywhere', 'K', accepted, { mail: '250\r\n', rcpt: '250\r\n', data: '354\r\n', end: '250\r\n' }),
  row('LF alone everywhere', 'K', accepted, { mail: '250 ok\n', rcpt: '250 ok\n', data: '354 go\n', end: '250 ok\n' }),
  row('251 to a recipient', 'K', accepted, { rcpt: '251 elsewhere\r\n' }),
  row('MAIL refused for good', 'D', /sender was rejected.\nRemote host said: 550 no/, { mail: '550 no\r\n' }),
  row('MAIL refused for now', 'Z', /sender was rejected/, { mail: '451 later\r\n' }),
  row('MAIL with 421', 'Z', /sender was rejected|died/, { mail: '421 bye\r\n' }),
  row('MAIL with 999', 'D', /sender was rejected/, { mail: '999 ?\r\n' }),
  row('MAIL with words', 'D', /sender was rejected/, { mail: 'no way\r\n' }),
  row('MAIL with an empty line', 'Z', died, { mail: '\r\n' }),
  row('a recipient refused for good', 'D', /does not like recipient.\nRemote host said: 550/, { rcpt: '550 who?\r\n' }),
  row('a recipient refused for now', 'Z', /does not like recipient.\nRemote host said: 450/, { rcpt: '450 later\r\n' }),
  row('a refusal with NUL and control characters', 'D', /Remote host said: 550 a\?b\x07c/, { rcpt: '550 a\0b\x07c\r\n' }),
  row('a refusal of 100,000 octets', 'D', /Remote host said: 550-line/, { rcpt: many(10_000, '550 line') }),
  row('DATA refused for good', 'D', /failed on DATA command/, { data: '554 no\r\n' }),
  row('DATA refused for now', 'Z', /failed on DATA command/, { data: '451 no\r\n' }),
  row('the end refused for good', 'D', /failed after I sent the message/, { end: '554 spam\r\n' }),
  row('the end refused for now', 'Z', /failed after I sent the message/, { end: '452 full\r\n' }),
  row('an unreadable answer to the end', 'Z', duplicate, { end: '\n' }),
  ...[4, 6, 8].map((count) => until(`the connection closed in step ${count}`, count, [close], died)),
  ...[4, 6, 8].map((count) => until(`the connection reset in step ${count}`, count, [reset], died)),
  until('closed before the answer to the end', 10, [close], duplicate),
  until('reset before the answer to the end', 10, [reset], duplicate),
  until('half an answer to the end', 10, [say('250-acc\r\n250'), close], duplicate),
  until('silence instead of the answer to the end', 10, [], duplicate),
  until('closed while the message comes', 9, [close], duplicate),
];

/** The whole group of commands is on its way when the first answer is read. */
function group(...answers: readonly string[]): Step[] {
  const [mail = usual.mail, rcpt = usual.rcpt, data = usual.data, ...rest] = answers;
  const head: Step[] = [say(usual.banner), line, say(pipelining), line, line, line, say(mail + rcpt + data)];
  return [...head, { data: true }, ...rest.map(say), line, close];
}

const pipelined: readonly ServerRow[] = [
  { what: 'all answers at once', steps: group('', '', '250 ok\r\n250 ok\r\n354 go\r\n', usual.end), status: 'K', text: accepted },
  {
    what: 'an answer too many before DATA',
    steps: group('150 wait\r\n250 ok\r\n'),
    status: 'Z',
    text: /DATA command|after I sent/,
  },
  {
    what: 'an answer too many: 354 is not taken for the acceptance',
    steps: group('250 ok\r\n', '250 ok\r\n', '354 go\r\n354 go\r\n', '550 no\r\n'),
    status: 'Z',
    text: /after I sent/,
  },
  {
    what: 'MAIL refused, DATA taken',
    steps: group('550 no\r\n', '503 first\r\n', '354 go\r\n', '554 no\r\n'),
    status: 'D',
    text: /sender was rejected/,
  },
  {
    what: 'all recipients refused, DATA taken',
    steps: group('250 ok\r\n', '550 who\r\n', '354 go\r\n', '554 no\r\n'),
    status: 'D',
    text: /550 who/,
  },
  { what: 'all refused', steps: group('550 no\r\n', '503 no\r\n', '503 no\r\n'), status: 'D', text: /sender was rejected/ },
  { what: 'DATA refused', steps: group('250 ok\r\n', '250 ok\r\n', '451 later\r\n'), status: 'Z', text: /failed on DATA/ },
  {
    what: 'DATA answered with 250',
    steps: group('250 ok\r\n', '250 ok\r\n', '250 ok\r\n'),
    status: 'Z',
    text: /failed on DATA|died/,
  },
  {
    what: 'the end before the answers',
    steps: [say(usual.banner), line, say(pipelining), line, close],
    status: 'Z',
    text: died,
  },
  {
    what: 'the end after the first answer',
    steps: [say(usual.banner), line, say(pipelining), line, say('250 ok\r\n'), close],
    status: 'Z',
    text: died,
  },
];

export const serverRows: readonly ServerRow[] = [...greetings, ...names, ...envelopes, ...pipelined];
