/**
 * Files that an administrator or a user writes: control/, users/assign and its cdb, access rules, .qmail. Bad ones get a
 * reason or are read as qmail reads them; none may throw, and none may name a file outside of its folder.
 */
import { assignToRecords } from '../../../src/protocol/assign.js';
import { fromByteString, toByteString } from '../../../src/protocol/bytes.js';
import { cdbGet, cdbWrite } from '../../../src/protocol/cdb.js';
import { parseSettings } from '../../../src/protocol/control.js';
import { controlNames } from '../../../src/protocol/control-names.js';
import { parseEndpoint } from '../../../src/protocol/endpoint.js';
import { canonicalIp, hostLiteral } from '../../../src/protocol/ip-address.js';
import { candidates, ownerFiles, parseInstructions } from '../../../src/protocol/mailbox/dotqmail.js';
import { routeFor } from '../../../src/protocol/mx.js';
import { offsetAt, parsePosixZone } from '../../../src/protocol/posix-zone.js';
import { compileRelay } from '../../../src/protocol/relay.js';
import { compileRouting } from '../../../src/protocol/routing.js';
import { parseRules } from '../../../src/protocol/tcprules.js';
import { findRule, tableLookup } from '../../../src/protocol/tcprules-lookup.js';
import { recordedFiles } from '../recorded.js';
import { agree, holds, magnitude, octets, shape, type Target } from '../target.js';

/** `name=text` blocks, cut at lines of a single tab. */
export const control: Target = {
  name: 'control',
  words: [...controlNames.map((name) => `\n\t\n${name}\n`), ':', '#', '[::1]:25', '.', '__proto__:x', '1e9', '-1'],
  seeds: () => [
    'me\nmx.test\n\t\nrcpthosts\na.test\n.b.test\n\t\nsmtproutes\n:[127.0.0.1]:25\nx.test:\n\t\nvirtualdomains\nv.test:joe\n:all\n',
    ...recordedFiles('send', 'controls', /./).map((text) => `me\nx.test\n\t\nvirtualdomains\n${text}`),
    ...recordedFiles('remote', 'controls', /./).map((text) => `me\nx.test\n\t\nsmtproutes\n${text}`),
  ],
  run(input) {
    const files = new Map(
      input.split('\n\t\n').map((block) => {
        const end = block.indexOf('\n');
        return [block.slice(0, end < 0 ? block.length : end), end < 0 ? '' : block.slice(end + 1)] as const;
      }),
    );
    const parsed = parseSettings(files);
    if ('problems' in parsed) {
      holds('a refusal has reasons', parsed.problems.length > 0);
      return parsed.problems
        .map((problem) => shape(JSON.stringify(problem)))
        .slice(0, 3)
        .join();
    }
    const { settings } = parsed;
    const routing = compileRouting(settings);
    const relay = compileRelay(settings);
    const states = ['joe@a.test', 'joe@__proto__', 'a%b@c@v.test', '', 'x@constructor', input.slice(-40)].map((one) => {
      const { channel, address } = routing.route(one);
      const host = address.slice(address.lastIndexOf('@') + 1);
      const route = routeFor(host, settings);
      holds('a port is one', route.kind === 'mx' || (route.port >= 0 && route.port <= 65_535));
      holds('a host is text', typeof route.host === 'string' && typeof address === 'string');
      return `${channel[0]}${route.kind[0]}${relay.rcptAllowed(one) ? 1 : 0}`;
    });
    return `${states} ${Object.values(settings)
      .map((value) => (Array.isArray(value) ? magnitude(value.length) : ''))
      .join('')}`;
  },
};

export const rules: Target = {
  name: 'rules',
  words: [':allow', ':deny', ',X="y"', '10.', '1-9.', '::1', '2001:db8::/32', '=name', '\n', '#', '::ffff:1.2.3.4'],
  seeds: () => [
    '127.:allow,RELAYCLIENT=""\n:deny\n',
    '::1:allow\n10.1-3.:deny\n2001:db8::/32:allow,A="b",C=/d/\n',
    '1.2.3.4:allow\nx\n',
  ],
  run(input) {
    const parsed = parseRules(input);
    if ('problems' in parsed)
      return parsed.problems
        .map(({ text }) => shape(text))
        .join()
        .slice(0, 60);
    const answers = ['127.0.0.1', '::ffff:127.0.0.1', '::1', '2001:db8::7', '10.2.0.1', 'x'].map((ip) =>
      findRule({ ip }, tableLookup(parsed.rules)),
    );
    agree('an IPv4 address and the same written as IPv6', answers[0], answers[1]);
    return answers.map((answer) => (answer === undefined ? '-' : JSON.stringify(answer).slice(0, 14))).join();
  },
};

export const assign: Target = {
  name: 'assign',
  words: ['=joe:joe:7:7:/home/joe:::\n', '+joe-:joe:7:7:/home/joe:-::\n', '.\n', ':', '\0', '+:alias:7:7:/a:-::\n'],
  seeds: () => [
    '=joe:joe:7:7:/home/joe:::\n+joe-:joe:7:7:/home/joe:-::\n.\n',
    '+:a:1:1:/a:-::\n.\n',
    '=x\n.\n',
    ...recordedFiles('local', 'files', /assign/),
  ],
  run(input) {
    const made = assignToRecords(input);
    if (!made.ok) return `${shape(made.text)} ${magnitude(made.line)}`;
    const file = cdbWrite(made.records);
    for (const { key } of made.records) {
      const first = made.records.find((record) => toByteString(record.key) === toByteString(key));
      const answer = cdbGet(file, key);
      holds(
        'a record is found again',
        answer.tag === 'found' && toByteString(answer.value) === toByteString(first?.value ?? octets('')),
      );
    }
    return `${magnitude(made.records.length)} ${shape(input)}`;
  },
};

const cdbSeed = cdbWrite(
  ['a', 'b', '!joe\0', '', 'key'].map((key) => ({ key: fromByteString(key), value: fromByteString(`value of ${key}`) })),
);

export const cdb: Target = {
  name: 'cdb',
  words: ['\0\0\0\0', '\xff\xff\xff\xff', '\0\x08\0\0', '\x01\0\0\0'],
  seeds: () => [toByteString(cdbSeed), toByteString(cdbWrite([])), ''],
  run(input) {
    const file = octets(input);
    const answers = ['a', 'b', '!joe\0', '', 'key', 'none'].map((key) => cdbGet(file, octets(key)));
    for (const answer of answers)
      holds('a value lies inside the file', answer.tag !== 'found' || answer.value.length <= file.length);
    return answers.map((answer) => (answer.tag === 'found' ? magnitude(answer.value.length) : answer.tag)).join();
  },
};

export const dotqmail: Target = {
  name: 'dotqmail',
  words: ['./Mailbox\n', '|', '&', '\n', '\0', '../', '/', '-', 'default', '.', '+list', '#', '-owner'],
  seeds: () => ['./Maildir/\n|prog\n&a@b\n', '', 'joe-../x', 'a.b-DEFAULT', ...recordedFiles('local', 'files', /\.qmail/)],
  run(input) {
    const ext = input.slice(0, 200);
    const names = [...candidates('-', ext).map(({ name }) => name), ...Object.values(ownerFiles('-', ext) ?? {})];
    for (const name of names)
      holds('a name stays in its folder', name.startsWith('.qmail-') && !/[/\0]/.test(name) && !name.includes('..'));
    const orders = parseInstructions(input);
    for (const { tag, text } of orders) holds('no order holds NUL or a line end', tag === 'blankFirst' || !/[\0\n]/.test(text));
    const programs = input.split('\n').filter((line) => line.startsWith('|')).length;
    agree('programs as a plain look', orders.filter(({ tag }) => tag === 'program').length, programs);
    return `${magnitude(names.length)} ${orders
      .map(({ tag }) => tag[0])
      .slice(0, 12)
      .join('')}`;
  },
};

export const words: Target = {
  name: 'words',
  words: ['[', ']', ':', '::', '.', '::ffff:', 'EST5EDT', ',M3.2.0', ',J60/2:00', '1.2.3.4'],
  seeds: () => [
    '[::1]:25',
    '127.0.0.1:2525',
    'EST5EDT,M3.2.0,M11.1.0',
    'CET-1CEST,M3.5.0,M10.5.0/3',
    '[IPv6:2001:db8::1]',
    '010.1.1.1',
  ],
  run(input) {
    const ip = canonicalIp(input);
    if (ip !== undefined) agree('one spelling', canonicalIp(ip), ip);
    const literal = hostLiteral(input);
    if (literal !== undefined) holds('a literal is an address', canonicalIp(literal) !== undefined);
    const zone = parsePosixZone(input);
    if (zone !== undefined) holds('an offset is a number', Number.isFinite(offsetAt(zone, 1_700_000_000)));
    return `${ip !== undefined} ${literal !== undefined} ${zone !== undefined} ${shape(JSON.stringify(parseEndpoint(input)))} ${shape(input).slice(0, 8)}`;
  },
};
