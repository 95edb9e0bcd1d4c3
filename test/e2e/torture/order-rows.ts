/**
 * Commands in every order, sent ahead or one at a time, RSET in the middle, and limits: recipients, lines, errors, sizes.
 */
import { data, ehlo, envelope, envelopeCodes, hello, mail, message, type Piece, quit, type Row, rcpt } from './row.js';

const plain = (what: string, send: string | readonly Piece[], codes: string, arrives: readonly string[] = []): Row => ({
  what,
  send: typeof send === 'string' ? [send] : send,
  codes,
  arrives,
});
const long = (row: Row): Row => ({ ...row, whole: true });
const text = message(hello);

const states: readonly Row[] = [
  plain('RCPT first', `${ehlo}${rcpt}${quit}`, '220 250 503 221'),
  plain('DATA first', `${ehlo}${data}${quit}`, '220 250 503 221'),
  plain('DATA without a recipient', `${ehlo}${mail}${data}${quit}`, '220 250*2 503 221'),
  plain(
    'DATA when all recipients were refused',
    `${ehlo}${mail}RCPT TO:<a@other.test>\r\n${data}${quit}`,
    '220 250*2 553 503 221',
  ),
  plain('a message sent although DATA was refused', `${ehlo}${mail}${data}${text}${quit}`, '220 250*2 503 502*4 221'),
  plain('RSET first', `RSET\r\n${quit}`, '220 250 221'),
  plain('RSET after MAIL', `${ehlo}${mail}RSET\r\n${rcpt}${quit}`, '220 250*3 503 221'),
  plain('RSET after RCPT', `${ehlo}${mail}${rcpt}RSET\r\n${data}${quit}`, '220 250*4 503 221'),
  plain(
    'RSET, then a whole message',
    `${ehlo}${mail}${rcpt}RSET\r\n${mail}${rcpt}${data}${text}${quit}`,
    '220 250*6 354 250 221',
    [hello],
  ),
  plain('RSET after a message', `${envelope}${text}RSET\r\n${quit}`, `${envelopeCodes} 250*2 221`, [hello]),
  plain('EHLO in the middle of a transaction', `${ehlo}${mail}${rcpt}${ehlo}${data}${quit}`, '220 250*4 503 221'),
  plain('HELO in the middle of a transaction', `${ehlo}${mail}${rcpt}HELO x\r\n${data}${quit}`, '220 250*4 503 221'),
  plain('MAIL in the middle drops the recipients', `${ehlo}${mail}${rcpt}${mail}${data}${quit}`, '220 250*4 503 221'),
  plain(
    'a refused MAIL keeps the transaction',
    `${ehlo}${mail}${rcpt}MAIL FROM:<a> SIZE=99999\r\n${data}${text}${quit}`,
    '220 250*3 552 354 250 221',
    [hello],
  ),
  plain(
    'NOOP, VRFY and HELP in the middle',
    `${ehlo}${mail}NOOP\r\n${rcpt}VRFY x\r\nHELP\r\n${data}${text}${quit}`,
    '220 250*4 252 214 354 250 221',
    [hello],
  ),
  plain('QUIT in the middle', `${ehlo}${mail}${rcpt}${quit}`, '220 250*3 221'),
  plain(
    'a message after a message needs its own MAIL',
    `${envelope}${text}${rcpt}${data}${quit}`,
    `${envelopeCodes} 250 503*2 221`,
    [hello],
  ),
  plain('the same recipient three times', `${ehlo}${mail}${rcpt}${rcpt}${rcpt}${data}${text}${quit}`, '220 250*5 354 250 221', [
    hello,
    hello,
    hello,
  ]),
  plain(
    'a refused and a taken recipient',
    `${ehlo}${mail}RCPT TO:<a@other.test>\r\n${rcpt}${data}${text}${quit}`,
    '220 250*2 553 250 354 250 221',
    [hello],
  ),
];

const pace: readonly Row[] = [
  plain('one step at a time', [1, ehlo, 2, mail, 3, rcpt, 4, data, 5, text, 6, quit], `${envelopeCodes} 250 221`, [hello]),
  plain('talking before the greeting', [`${envelope}${text}${quit}`], `${envelopeCodes} 250 221`, [hello]),
  plain(
    'the message in the same piece as DATA',
    [1, ehlo, 2, `${mail}${rcpt}${data}${text}${quit}`],
    `${envelopeCodes} 250 221`,
    [hello],
  ),
  plain(
    'the next MAIL in the same piece as the dot',
    [`${envelope}${hello}`, 5, `.\r\n${mail}${rcpt}${data}${text}${quit}`],
    `${envelopeCodes} 250*3 354 250 221`,
    [hello, hello],
  ),
  plain('the dot alone', [`${envelope}${hello}`, 5, '.', '\r\n', quit], `${envelopeCodes} 250 221`, [hello]),
  plain('CR LF dot CR LF cut everywhere', [`${envelope}x`, 5, '\r', '\n', '.', '\r', '\n', quit], `${envelopeCodes} 250 221`, [
    'x\r\n',
  ]),
  plain('no QUIT', `${envelope}${text}`, `${envelopeCodes} 250`, [hello]),
  plain('an end in the middle of a message', `${envelope}${hello}`, envelopeCodes),
  plain('an end before the last LF', `${envelope}${hello}.\r`, envelopeCodes),
  plain('an end in the middle of a command', `${ehlo}MAIL FROM:<a`, '220 250'),
];

const line = (octets: number): string => `${'x'.repeat(octets)}\r\n`;

const limits: readonly Row[] = [
  long(plain('a command of 4,095 octets', `NOOP ${'x'.repeat(4_088)}\r\n${quit}`, '220 250 221')),
  long(plain('a command of 5,000 octets', `NOOP ${'x'.repeat(5_000)}\r\n${quit}`, '220 500 221')),
  long(plain('a command of 100,000 octets', `NOOP ${'x'.repeat(100_000)}\r\n${quit}`, '220 500 221')),
  long(
    plain('a line of 10,000 octets in a message', `${envelope}${message(line(10_000))}${quit}`, `${envelopeCodes} 250 221`, [
      line(10_000),
    ]),
  ),
  long(
    plain(
      'a header line of 15,000 octets',
      `${envelope}${message(`Subject: ${line(15_000)}\r\n`)}${quit}`,
      `${envelopeCodes} 250 221`,
      [`Subject: ${line(15_000)}\r\n`],
    ),
  ),
  long(
    plain('1,000 empty lines', `${envelope}${message('\r\n'.repeat(1_000))}${quit}`, `${envelopeCodes} 250 221`, [
      '\r\n'.repeat(1_000),
    ]),
  ),
  long(
    plain('1,000 lines of a doubled dot', `${envelope}${message('..\r\n'.repeat(1_000))}${quit}`, `${envelopeCodes} 250 221`, [
      '.\r\n'.repeat(1_000),
    ]),
  ),
  long(
    plain('just within databytes', `${envelope}${message(line(98).repeat(200))}${quit}`, `${envelopeCodes} 250 221`, [
      line(98).repeat(200),
    ]),
  ),
  long(plain('just above databytes', `${envelope}${message(line(99).repeat(201))}${quit}`, `${envelopeCodes} 552 221`)),
  long(
    plain(
      'after a message too large another one',
      `${envelope}${message(line(99).repeat(201))}${mail}${rcpt}${data}${text}${quit}`,
      `${envelopeCodes} 552 250*2 354 250 221`,
      [hello],
    ),
  ),
  long(
    plain('99 hops', `${envelope}${message(`${'Received: x\r\n'.repeat(99)}\r\nx\r\n`)}${quit}`, `${envelopeCodes} 250 221`, [
      `${'Received: x\r\n'.repeat(99)}\r\nx\r\n`,
    ]),
  ),
  long(
    plain('100 hops', `${envelope}${message(`${'received: x\r\n'.repeat(100)}\r\nx\r\n`)}${quit}`, `${envelopeCodes} 554 221`),
  ),
  long(
    plain(
      '100 Delivered-To',
      `${envelope}${message(`${'Delivered-To: x\r\n'.repeat(100)}\r\nx\r\n`)}${quit}`,
      `${envelopeCodes} 554 221`,
    ),
  ),
  long(
    plain(
      '100 hops in the body are none',
      `${envelope}${message(`\r\n${'Received: x\r\n'.repeat(100)}`)}${quit}`,
      `${envelopeCodes} 250 221`,
      [`\r\n${'Received: x\r\n'.repeat(100)}`],
    ),
  ),
  long(
    plain(
      'as many recipients as allowed',
      `${ehlo}${mail}${rcpt.repeat(50)}${data}${text}${quit}`,
      '220 250*52 354 250 221',
      new Array(50).fill(hello),
    ),
  ),
  long(
    plain('more recipients than allowed', `${ehlo}${mail}${rcpt.repeat(2_000)}RSET\r\n${quit}`, '220 250*52 452*1950 250 221'),
  ),
  long(
    plain(
      '5,000 refused recipients',
      `${ehlo}${mail}${'RCPT TO:<a@other.test>\r\n'.repeat(5_000)}${quit}`,
      '220 250*2 553*100 421',
    ),
  ),
  long(plain('100 unknown commands', `${'XYZZY\r\n'.repeat(150)}${quit}`, '220 502*100 421')),
  long(plain('2,000 times NOOP', `${'NOOP\r\n'.repeat(2_000)}${quit}`, '220 250*2000 221')),
  long(
    plain(
      '30 messages in one piece',
      `${ehlo}${`${mail}${rcpt}${data}${text}`.repeat(30)}${quit}`,
      `220 250 ${'250*2 354 250 '.repeat(30)}221`,
      new Array(30).fill(hello),
    ),
  ),
];

export const orderRows: readonly Row[] = [...states, ...pace, ...limits];
