/**
 * Message text and addresses: header fields, address lists, what goes over the wire, mbox quoting, bounces. Against
 * regular expressions over the whole text.
 */
import { parseAddressArgument, quoteAddress, unsendable } from '../../../src/protocol/address.js';
import { bounceParagraph, bouncePrefix } from '../../../src/protocol/bounce/qsbmf.js';
import { concatBytes, toByteString } from '../../../src/protocol/bytes.js';
import { deliveredToLine, returnPathLine, separatorLine } from '../../../src/protocol/mailbox/added-lines.js';
import { senderOfHead } from '../../../src/protocol/mailbox/from-sender.js';
import { FromQuoting } from '../../../src/protocol/mailbox/mbox.js';
import { completeHeader } from '../../../src/protocol/message/complete.js';
import { splitHeader } from '../../../src/protocol/message/header-lines.js';
import { asksReceipt, receipt } from '../../../src/protocol/message/receipt.js';
import { rewriter } from '../../../src/protocol/message/rewrite.js';
import { parseTokens, plainText, printTokens } from '../../../src/protocol/message/tokens.js';
import { serverReceived } from '../../../src/protocol/received.js';
import { UnixToWire, unixToWire, WireToUnix, wireToUnix } from '../../../src/protocol/smtp/data.js';
import { collapseVerp, expandVerp } from '../../../src/protocol/verp.js';
import { recordedArguments, recordedField } from '../recorded.js';
import { agree, holds, magnitude, octets, pieces, shape, type Target } from '../target.js';

/** One header line, ended by one LF. */
const oneLine = (line: string): boolean => /^[^\r\n]*\n$/.test(line);

export const address: Target = {
  name: 'address',
  words: ['<', '>', '\\', '"', '@', ':', '@a,@b:', '<>', '-@[]', 'FROM:', 'TO:<', ' SIZE=1'],
  seeds: () => ['FROM:<a@b>', 'TO:<@x,@y:a@b> X', 'TO: a@b', 'FROM:<"a b"@c>', 'TO:<a\\>b@c>', ...recordedArguments('remote')],
  run(input) {
    const { address: found, rest } = parseAddressArgument(input);
    holds('nothing is made up', found.length + rest.length <= input.length);
    if (!unsendable(found))
      agree('quoted and read again', parseAddressArgument(`<${quoteAddress(plainDomain(found))}>`).address, plainDomain(found));
    const prefix = bouncePrefix({ ...bounce, to: found, sender: found, paragraphs: bounceParagraph(found, `${rest}\n`) });
    agree(
      'header fields of a bounce',
      prefix
        .split('\n\n', 1)[0]
        ?.split('\n')
        .map((line) => line.split(':', 1)[0]),
      bounceFields,
    );
    holds('lines of a delivery', [deliveredToLine(found, rest), returnPathLine(found), separatorLine(found, 0)].every(oneLine));
    const received = serverReceived(
      { remoteHost: found, remoteIp: rest, remoteInfo: rest, helo: found, local: found, protocol: 'SMTP' },
      'date',
      '\n',
    );
    holds('a Received field is two lines', /^Received: from [^\n]*\n {2}by [^\n]*\n$/.test(received));
    const verp = expandVerp(collapseVerp(found), rest);
    return `${shape(found)} ${shape(rest)} ${shape(verp).slice(0, 4)}`;
  },
};
const bounceFields = ['Date', 'From', 'To', 'Subject'];
const bounce = { double: false, date: 'date', bouncefrom: 'MAILER-DAEMON', bouncehost: 'h' };

/** A domain goes out as it stands; only one that could stand in a command is asked about, without route. */
function plainDomain(found: string): string {
  const at = found.lastIndexOf('@');
  const local = at < 0 ? '' : found.slice(0, at);
  const domain = found.slice(at + 1).replace(/[<>"\\@:\s]/g, '');
  return `${local === '' ? 'x' : local}@${domain}`;
}

const hosts = rewriter({ defaulthost: 'dh', defaultdomain: 'dd.test', plusdomain: 'pd.test' });
if ('wrong' in hosts) throw new Error('hosts of the tests are bad');
const options = {
  rewrite: hosts,
  idhost: 'id.test',
  from: { user: 'me', host: 'me.test', name: 'Me' },
  defaultSender: { user: 'me', host: 'me.test' },
  sender: undefined,
  flags: { c: false, s: false, f: false, i: false, r: false, m: false },
  lists: undefined,
  now: 0,
  pid: 7,
};

export const header: Target = {
  name: 'header',
  words: [
    'To: ',
    'Bcc: ',
    'From ',
    '\n ',
    '\n\t',
    'Resent-To: x\n',
    ': ;',
    '(a (b) c)',
    '"q\\"q"',
    '<@a:b@c>',
    'x@[1.2.3.4]',
    'Return-Path: <x>\n',
  ],
  seeds: () => recordedField('inject', 'stdin'),
  run(input) {
    const split = splitHeader(input, true);
    holds('an ended text has a header', split !== undefined);
    const { fields = [], rest = '' } = split ?? {};
    holds(
      'a field begins a line, goes on indented, and ends',
      fields.every((field) => /^[^\n]*\n([ \t][^\n]*\n)*$/.test(field)),
    );
    holds('a rest begins with an empty line', rest === '' || rest.startsWith('\n'));
    const complete = completeHeader(fields, options);
    asksReceipt(fields, 'x@y');
    holds(
      'a receipt has three fields',
      /^From: [^\r\n]*\nTo: [^\r\n]*\nSubject: [^\r\n]*\n\n/.test(receipt(senderOfHead(input), input, undefined)),
    );
    if ('tag' in complete) return `cannot parse ${shape(complete.line)}`;
    holds('what goes out is a header', /^([!-9;-~]+[ \t]*:[^\n]*\n([ \t][^\n]*\n)*)*$/.test(complete.header));
    holds('no field Bcc goes out', !/(^|\n)(resent-)?bcc[ \t]*:/i.test(complete.header));
    return `${fields.map((field) => field.slice(0, 4)).slice(0, 6)} ${magnitude(complete.recipients.length)} ${shape(complete.sender)}`;
  },
};

export const tokens: Target = {
  name: 'tokens',
  words: ['(', ')', '"', '\\', '[', ']', '<a@b>', 'a.b', ', ', ';', ': '],
  seeds: () => ['a@b, c <d@e>, "f g"@h (i (j)), k: l@m;', 'x@[1.2.3.4]', ...recordedArguments('inject')],
  run(input) {
    const found = parseTokens(input);
    if (found === undefined) return `none ${shape(input)}`;
    const printed = printTokens(found, 80);
    holds('printed text is field text', printed === '' || /^[^\n]*(\n[ \t][^\n]*)*\n?$/.test(printed));
    // A mark inside of an atom, and an empty atom, are printed bare, as qmail does.
    if (found.some(({ kind, text }) => kind === 'atom' && /^$|[<>@,;:. \t]/.test(text))) return 'marks in an atom';
    const again = parseTokens(printed);
    agree(
      'printed and read again',
      again?.map(({ kind, text }) => [sameKind(kind), text]),
      found.map(({ kind, text }) => [sameKind(kind), text.replace(/\n(?![ \t])/g, ' ')]),
    );
    return `${found
      .map(({ kind }) => kind[0])
      .join('')
      .slice(0, 20)} ${magnitude(plainText(found).length)}`;
  },
};
/** An atom may need quotes when it is written again. */
const sameKind = (kind: string): string => (kind === 'quoted' ? 'atom' : kind);

export const wire: Target = {
  name: 'wire',
  words: ['\r\n.\r\n', '\n.\n', '\r', '\n', '\r\r\n', '\0', '\n..', 'From '],
  seeds: () => ['a\n.b\n..\n\nc', 'a\r\nb\r\n', '\r', '.', 'a\rb', ...recordedField('remote', 'message')],
  run(input) {
    const sent = unixToWire(octets(input));
    const spaced = unixToWire(octets(input), 'space');
    const reader = new UnixToWire();
    const cut = pieces(input).map((piece) => reader.push(piece));
    const bad = [...cut, reader.end()].find((piece) => typeof piece === 'string');
    agree('refused whole and in pieces', typeof sent === 'string' ? sent : undefined, bad);
    const unix = new WireToUnix();
    const back = concatBytes([...pieces(input).map((piece) => unix.push(piece)), unix.end()]);
    agree('to unix, whole and in pieces', toByteString(back), toByteString(wireToUnix(octets(input))));
    for (const text of [sent, spaced]) if (typeof text !== 'string') goesOver(toByteString(text));
    if (typeof sent === 'string') return `${sent} ${shape(input)}`;
    agree('refused by a plain look', /\0|\r(?!\n)/.test(input), false);
    const lines = input.replace(/\r\n/g, '\n');
    agree('there and back', toByteString(wireToUnix(sent)), lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`);
    return `${shape(toByteString(sent))} ${magnitude(sent.length)}`;
  },
};

function goesOver(text: string): void {
  holds('no bare line end, no NUL', !/(^|[^\r])\n|\r(?!\n)|\0/.test(text));
  holds('no line with a single dot, no single dot in front', !/(^|\n)\.([^.]|$)/.test(text));
  holds('ended by CR LF', text === '' || text.endsWith('\r\n'));
}

export const mbox: Target = {
  name: 'mbox',
  words: ['\nFrom ', '\n>From ', '\n>>>From', 'From x\n', '>', '\n'],
  seeds: () => ['From a\nFrom b\n>From c\n>>From', 'x', '>>>', 'Fro\nFrom ', ''],
  run(input) {
    const whole = new FromQuoting();
    const text = toByteString(concatBytes([whole.push(octets(input)).slice(), whole.end()]));
    const cut = new FromQuoting();
    const inPieces = toByteString(concatBytes([...pieces(input).map((piece) => cut.push(piece).slice()), cut.end()]));
    agree('whole and in pieces', text, inPieces);
    const plain = input.replace(/(^|\n)(>*From )/g, '$1>$2');
    agree('as a plain look', text, `${plain}${input === '' || input.endsWith('\n') ? '\n' : '\n\n'}`);
    return `${shape(text)} ${magnitude((text.match(/\n>+From /g) ?? []).length)}`;
  },
};
