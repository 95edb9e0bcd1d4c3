/**
 * Odd commands: line ends, spaces, case, NULs, addresses of every shape, parameters, and names given with EHLO.
 */
import { data, ehlo, envelope, envelopeCodes, hello, mail, message, quit, type Row, rcpt } from './row.js';

const plain = (what: string, send: string, codes: string, says?: RegExp): Row => ({
  what,
  send: [send],
  codes,
  ...(says === undefined ? {} : { says }),
});

/** A dialogue with another MAIL or RCPT line that is taken all the same. */
function takenWith(what: string, lines: string): Row {
  return { what, send: [`${lines}DATA\r\n${message(hello)}${quit}`], codes: `${envelopeCodes} 250 221`, arrives: [hello] };
}

const lines: readonly Row[] = [
  plain('nothing at all', '', '220'),
  plain('a command without its line end', 'NOOP', '220'),
  plain('a lone CR LF', `\r\n${quit}`, '220 502 221'),
  plain('a lone LF', `\n${quit}`, '220 502 221'),
  plain('a lone CR, then a command', `\rNOOP\r\n${quit}`, '220 502 221'),
  plain('commands that end in LF', 'EHLO c\nNOOP\nQUIT\n', '220 250*2 221'),
  plain('CR CR LF', `NOOP\r\r\n${quit}`, '220 502 221'),
  plain('spaces before a command', ` NOOP\r\n${quit}`, '220 502 221'),
  plain('spaces behind a command', `NOOP    \r\n${quit}`, '220 250 221'),
  plain('a tab behind a command', `NOOP\tx\r\n${quit}`, '220 502 221'),
  plain('any case', `nOoP\r\nehLo x\r\nRsEt\r\nqUiT\r\n`, '220 250*3 221'),
  plain('arguments where none belong', `NOOP x y\r\nRSET x\r\nQUIT now\r\n`, '220 250*2 221'),
  plain('a NUL behind a command', `NOOP\0x\r\n${quit}`, '220 250 221'),
  plain('a NUL before a command', `\0NOOP\r\n${quit}`, '220 502 221'),
  plain('a NUL inside a command', `NO\0OP\r\n${quit}`, '220 502 221'),
  plain('a NUL hides no line end', `NOOP\0\r\nNOOP\r\n${quit}`, '220 250*2 221'),
  plain('octets above 127 as a command', `\xff\xfe\xfd\r\n${quit}`, '220 502 221'),
  plain('a TLS hello', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n${quit}`, '220 502 221'),
  plain('an HTTP request', `GET / HTTP/1.1\r\nHost: mail\r\n\r\n${quit}`, '220 502*3 221'),
  plain(
    'verbs of others',
    `BDAT 3 LAST\r\nTURN\r\nETRN x\r\nEXPN x\r\nSEND x\r\nSTARTTLS\r\nAUTH PLAIN\r\n${quit}`,
    '220 502*7 221',
  ),
  plain('XCLIENT and PROXY of a stranger', `PROXY TCP4 1.2.3.4 5.6.7.8 1 25\r\nXCLIENT ADDR=1.2.3.4\r\n${quit}`, '220 502*2 221'),
  plain('HELP and VRFY', `HELP\r\nVRFY root\r\n${quit}`, '220 214 252 221'),
  plain('commands behind QUIT', `${quit}NOOP\r\n${ehlo}`, '220 221'),
];

const names: readonly Row[] = [
  plain('EHLO without a name', `EHLO\r\n${quit}`, '220 250 221', /^250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE/m),
  plain('HELO without a name', `HELO\r\n${quit}`, '220 250 221'),
  plain('EHLO again and again', `${ehlo.repeat(20)}${quit}`, '220 250*20 221'),
  { ...takenWith('a literal as name', `EHLO [127.0.0.1]\r\n${mail}${rcpt}`), traced: /\(HELO \[127\.0\.0\.1\]\)/ },
  { ...takenWith('a name with control characters', `EHLO a\x01b\x1b[31mc\r\n${mail}${rcpt}`), traced: /\(HELO a\?b\?\[31mc\)/ },
  { ...takenWith('a name with octets above 127', `EHLO \xe4\xf6\r\n${mail}${rcpt}`), traced: /\(HELO \?\?\)/ },
  { ...takenWith('a name that plays a trace field', `EHLO x) (1.2.3.4)\r\n${mail}${rcpt}`), traced: /\(127\.0\.0\.1\)/ },
  { ...takenWith('a name with a bare CR', `EHLO a\rX-Injected: 1\r\n${mail}${rcpt}`), traced: /\(HELO a\?X-Injected:\?1\)/ },
  { ...takenWith('a name of 3,000 octets', `EHLO ${'n'.repeat(3_000)}\r\n${mail}${rcpt}`), traced: /n{100}/, whole: true },
  {
    what: 'no greeting by the client',
    send: [`${mail}${rcpt}DATA\r\n${message(hello)}${quit}`],
    codes: '220 250*2 354 250 221',
    arrives: [hello],
  },
];

const addresses: readonly Row[] = [
  takenWith('no brackets', `${ehlo}MAIL FROM:a@b.test\r\nRCPT TO:<TO>\r\n`),
  takenWith('spaces behind the colon', `${ehlo}MAIL FROM:   <a@b.test>\r\nRCPT TO:  <TO>\r\n`),
  takenWith('any case of FROM and TO', `${ehlo}mail from:<a@b.test>\r\nrcpt to:<TO>\r\n`),
  takenWith('the null sender', `${ehlo}MAIL FROM:<>\r\n${rcpt}`),
  takenWith(
    'a source route',
    `${ehlo}MAIL FROM:<@x.test,@y.test:a@b.test>\r\nRCPT TO:<@hop.test:<TO>\r\n`.replace(':<TO>', ':TO>'),
  ),
  takenWith('a missing bracket', `${ehlo}MAIL FROM:<a@b.test\r\nRCPT TO:<TO>\r\n`),
  takenWith('a sender without a domain', `${ehlo}MAIL FROM:<root>\r\n${rcpt}`),
  takenWith('a quoted sender', `${ehlo}MAIL FROM:<"a b"@b.test>\r\n${rcpt}`),
  takenWith('a quote that never ends', `${ehlo}MAIL FROM:<"a@b.test>\r\n${rcpt}`),
  takenWith('a sender with two @', `${ehlo}MAIL FROM:<a@b@c.test>\r\n${rcpt}`),
  takenWith('a sender with octets above 127', `${ehlo}MAIL FROM:<gr\xfc\xdfe@b.test>\r\n${rcpt}`),
  {
    what: 'a second MAIL takes the place of the first',
    send: [`${ehlo}MAIL FROM:<first@b.test>\r\n${mail}${rcpt}${data}${message(hello)}${quit}`],
    codes: '220 250*4 354 250 221',
    arrives: [hello],
  },
  plain(
    'recipients of others',
    `${ehlo}${mail}RCPT TO:<a@other.test>\r\nRCPT TO:<a@dest.test.other>\r\n${quit}`,
    '220 250*2 553*2 221',
  ),
  plain(
    'relaying in disguise',
    `${ehlo}${mail}RCPT TO:<a%other.test@third.test>\r\nRCPT TO:<"a@other.test"@third.test>\r\nRCPT TO:<@dest.test:a@other.test>\r\n${quit}`,
    '220 250*2 553*3 221',
  ),
  plain('a literal of another host', `${ehlo}${mail}RCPT TO:<a@[192.0.2.1]>\r\n${quit}`, '220 250*2 553 221'),
  plain('an address of 900 octets', `${ehlo}MAIL FROM:<${'a'.repeat(900)}>\r\n${quit}`, '220 250 555 221'),
  plain('an address of 899 octets', `${ehlo}MAIL FROM:<${'a'.repeat(899)}>\r\n${quit}`, '220 250*2 221'),
  plain('a NUL in an address ends it', `${ehlo}${mail}RCPT TO:<a@dest.test\0@other.test>\r\n${quit}`, '220 250*3 221'),
  plain('a NUL before the domain', `${ehlo}${mail}RCPT TO:<a@other.test\0@dest.test>\r\n${quit}`, '220 250*2 553 221'),
  plain('MAIL without an address', `${ehlo}MAIL\r\n${quit}`, '220 250*2 221'),
  plain('RCPT of the empty address', `${ehlo}${mail}RCPT TO:<>\r\n${quit}`, '220 250*3 221'),
];

const parameters: readonly Row[] = [
  takenWith(
    'parameters nobody announced',
    `${ehlo}MAIL FROM:<a@b.test> RET=HDRS ENVID=x AUTH=<> FOO\r\nRCPT TO:<TO> NOTIFY=NEVER\r\n`,
  ),
  takenWith('BODY=8BITMIME', `${ehlo}MAIL FROM:<a@b.test> BODY=8BITMIME\r\n${rcpt}`),
  takenWith('SIZE of nothing', `${ehlo}MAIL FROM:<a@b.test> SIZE=\r\n${rcpt}`),
  takenWith('a SIZE that is no number', `${ehlo}MAIL FROM:<a@b.test> SIZE=many\r\n${rcpt}`),
  takenWith('a negative SIZE', `${ehlo}MAIL FROM:<a@b.test> SIZE=-1\r\n${rcpt}`),
  takenWith('a SIZE too small', `${ehlo}MAIL FROM:<a@b.test> SIZE=1\r\n${rcpt}`),
  takenWith('a SIZE just allowed', `${ehlo}MAIL FROM:<a@b.test> SIZE=20000\r\n${rcpt}`),
  plain('a SIZE above the limit', `${ehlo}MAIL FROM:<a@b.test> SIZE=20001\r\n${rcpt}${quit}`, '220 250 552 503 221'),
  plain('a SIZE of twenty digits', `${ehlo}MAIL FROM:<a@b.test> SIZE=99999999999999999999\r\n${quit}`, '220 250 552 221'),
  takenWith('SIZE twice: the first counts', `${ehlo}MAIL FROM:<a@b.test> SIZE=5 SIZE=99999\r\n${rcpt}`),
  {
    what: 'SIZE before EHLO is no parameter',
    send: [`HELO x\r\nMAIL FROM:<a@b.test> SIZE=99999\r\n${rcpt}${data}${message(hello)}${quit}`],
    codes: `${envelopeCodes} 250 221`,
    arrives: [hello],
  },
  {
    what: 'more than the limit behind a small SIZE',
    send: [`${envelope.replace('<a@b.test>', '<a@b.test> SIZE=10')}${message(`${'x'.repeat(70)}\r\n`.repeat(300))}${quit}`],
    codes: `${envelopeCodes} 552 221`,
    whole: true,
  },
];

export const commandRows: readonly Row[] = [...lines, ...names, ...addresses, ...parameters];
