/**
 * What stands between DATA and the end of a message: ends that are none, bare line ends, dots, NULs, octets above 127.
 */
import { envelope, envelopeCodes, hello, message, quit, type Row, taken } from './row.js';

const forged = 'MAIL FROM:<forged@b.test>\r\nRCPT TO:<forged@dest.test>\r\nDATA\r\nSubject: forged\r\n\r\nf\r\n.\r\n';
const shown = (octets: string): string => JSON.stringify(octets);

/** False ends of data by the octet that gives them away: a bare LF gets 451, a bare CR 550, and both close. */
const bareLf: readonly string[] = [
  ...[
    '\n.\n',
    '\n.\r\n',
    '\r\n.\n',
    '\n\n.\n\n',
    '\n\r.\n\r',
    '\r\n.\n\r\n',
    '\n.\r',
    '\n..\r\n',
    '\0\n.\0\n',
    '\r\n\n',
    ' \n.\r\n',
  ],
  '\x85\n.\n',
];
const bareCr: readonly string[] = [
  ...[
    '\r.\r',
    '\r.\r\n',
    '\r\n.\r',
    '\r\r\n.\r\r\n',
    '\r\n.\r\r\n',
    '\r\0\n.\r\n',
    '\r\n.\r\0\n',
    '\r.\n',
    '\r \n.\r \n',
    '\r\r.\r\r',
  ],
  ...['\r\n\r.\r\n', '\rx\n.\r\n'],
];
/** No end and nothing forbidden: all of it is text of the one message, whose lines lose their first dot. */
const plainText = [
  '\v.\v',
  '\f.\f',
  '\x85.\x85',
  '\r\n. \r\n',
  '\r\n.\t\r\n',
  ' .\r\n',
  '\r\n.\u00a0\r\n',
  '\r\n. .\r\n',
  '.\r\n',
];

/** An end in the forged message ends the one real message: its text came through as text. */
function asText(mark: string): Row {
  const text = `Subject: s\r\n\r\nx${mark}${forged.slice(0, -3)}`;
  return {
    what: `${shown(mark)} is text`,
    send: [`${envelope}${text}.\r\n${quit}`],
    codes: `${envelopeCodes} 250 221`,
    arrives: [text.replaceAll('\r\n.', '\r\n')],
  };
}

const broken = (mark: string, code: string): Row => ({
  what: `${shown(mark)} ends the session`,
  send: [`${envelope}Subject: s\r\n\r\nx${mark}${forged}${quit}`],
  codes: `${envelopeCodes} ${code}`,
  says: code === '451' ? /^451 .*smtplf/m : /^550 /m,
});

/** A message whose text is the mark alone: the first octets behind DATA. */
const first = (text: string, code: string): Row => ({
  what: `a message that begins ${shown(text)}`,
  send: [`${envelope}${text}${forged}`],
  codes: `${envelopeCodes} ${code}`,
});

const dots: readonly Row[] = [
  { what: 'an empty message', send: [`${envelope}.\r\n${quit}`], codes: `${envelopeCodes} 250 221`, arrives: [''] },
  taken('an empty line', '\r\n'),
  taken('a doubled dot alone', '..\r\n', '.\r\n'),
  taken('three dots', '...\r\n', '..\r\n'),
  taken('a single dot with text: the dot goes', '.text\r\n', 'text\r\n'),
  taken('dots at the start of the first, a middle and the last line', '..a\r\n..b\r\n..c\r\n', '.a\r\n.b\r\n.c\r\n'),
  taken('a dot inside and at the end of lines', 'a.b\r\nc.\r\n.d.\r\n', 'a.b\r\nc.\r\nd.\r\n'),
  taken('two doubled dots in a row', 's\r\n\r\n..\r\n..\r\n', 's\r\n\r\n.\r\n.\r\n'),
  taken('a doubled dot as the last line', `${hello}..\r\n`, `${hello}.\r\n`),
  taken('dot and space', `${hello}. \r\n`, `${hello} \r\n`),
  taken('only spaces', '   \r\n\t\r\n'),
];

const octets: readonly Row[] = [
  taken('every octet from 128 to 255', `Subject: s\r\n\r\n${high()}\r\n`),
  taken('every control character but NUL, LF and CR', `Subject: s\r\n\r\n${controls()}\r\n`),
  taken('8-bit text in the header', 'Subject: gr\xfc\xdfe\r\n\r\nx\r\n'),
  taken('UTF-8 in the header', 'Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n'),
  taken('invalid UTF-8', 'Subject: \xc3\x28\xff\xfe\r\n\r\n\xed\xa0\x80\r\n'),
  taken('no header at all', 'just text\r\n'),
  taken('a header without a body', 'Subject: s\r\n'),
  taken('a header line without a name', ': x\r\n\r\nbody\r\n'),
  taken('a folded line first', ' folded\r\nSubject: s\r\n\r\nx\r\n'),
  taken('SMTP commands as text', `${hello}QUIT\r\nRSET\r\nDATA\r\n`),
  taken('an mbox From_ line', 'From a@b Thu Jan  1 00:00:00 1970\r\nSubject: s\r\n\r\nFrom me\r\n'),
  ...['\0', 'a\0b', '\0\r\n\0'].map(
    (text): Row => ({
      what: `${shown(text)} in a message`,
      send: [`${envelope}Subject: s\r\n\r\n${text}\r\n.\r\n${quit}`],
      codes: `${envelopeCodes} 250 221`,
      bounces: true,
    }),
  ),
];

function high(): string {
  return Array.from({ length: 128 }, (_, at) => String.fromCharCode(128 + at)).join('');
}

function controls(): string {
  return Array.from({ length: 31 }, (_, at) => String.fromCharCode(1 + at))
    .filter((octet) => octet !== '\r' && octet !== '\n')
    .join('');
}

export const dataRows: readonly Row[] = [
  ...bareLf.map((mark) => broken(mark, '451')),
  ...bareCr.map((mark) => broken(mark, '550')),
  ...plainText.map(asText),
  first('\n', '451'),
  first('.\n', '451'),
  first('\r.\r\n', '550'),
  first('.\r.\r\n', '550'),
  { what: 'a bare LF in the header', send: [`${envelope}A: b\nC: d\r\n\r\nx\r\n.\r\n${quit}`], codes: `${envelopeCodes} 451` },
  { what: 'a bare CR in the header', send: [`${envelope}A: b\rC: d\r\n\r\nx\r\n.\r\n${quit}`], codes: `${envelopeCodes} 550` },
  { what: 'bare LF everywhere', send: [`${envelope}A: b\n\nx\n.\n`], codes: `${envelopeCodes} 451` },
  {
    what: 'a second message sent with the first',
    send: [`${envelope}${message(hello)}MAIL FROM:<a@b.test>\r\nRCPT TO:<TO>\r\nDATA\r\n${message('two\r\n')}${quit}`],
    codes: `${envelopeCodes} 250*3 354 250 221`,
    arrives: [hello, 'two\r\n'],
  },
  {
    what: 'a command that ends in a bare LF after a message',
    send: [`${envelope}${message(hello)}NOOP\n${quit}`],
    codes: `${envelopeCodes} 250 451`,
    arrives: [hello],
  },
  {
    what: 'a dot line after the message',
    send: [`${envelope}${message(hello)}.\r\n${quit}`],
    codes: `${envelopeCodes} 250 502 221`,
    arrives: [hello],
  },
  ...dots,
  ...octets,
];
