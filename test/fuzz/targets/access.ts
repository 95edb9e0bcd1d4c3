/**
 * Access rules in both forms: the text that the server reads, and the cdb that tcprules makes of it, must let in the same
 * clients; records of any cdb lie inside of it.
 */
import { fromByteString, toByteString } from '../../../src/protocol/bytes.js';
import { cdbGet, cdbWrite } from '../../../src/protocol/cdb.js';
import { cdbRecords } from '../../../src/protocol/cdb-records.js';
import { parseRules } from '../../../src/protocol/tcprules.js';
import { compileRules } from '../../../src/protocol/tcprules-compile.js';
import { type ClientNames, cdbLookup, findRule, type RuleAnswer, tableLookup } from '../../../src/protocol/tcprules-lookup.js';
import { agree, holds, magnitude, octets, shape, type Target } from '../target.js';

const clients: readonly ClientNames[] = [
  { ip: '127.0.0.1' },
  { ip: '10.2.0.1', host: 'a.example.org' },
  { ip: '::1' },
  { ip: '2001:db8::7', host: 'x', info: 'joe' },
  { ip: '1.2.3.4', info: 'joe' },
];

const said = (answer: RuleAnswer): unknown =>
  answer === undefined || answer === 'damaged' ? answer : [answer.allow, [...answer.variables]];

export const compiledRules: Target = {
  name: 'compiled-rules',
  words: [
    ':allow',
    ':deny',
    ',X="y"',
    ',R=/',
    '10.',
    '1-9.',
    '::1',
    '2001:db8::/32',
    '=.org',
    'joe@',
    '\n',
    '0',
    '::ffff:1.2.3.4',
  ],
  seeds: () => [
    '127.:allow,RELAYCLIENT=""\n10.1-3.:deny\n:deny\n',
    '::1:allow\n2001:db8::/32:allow,A="b",C=/d/\n=.example.org:deny\n',
    'joe@1.2.3.4:allow\n1.2.3.4:deny\n=:allow\n',
  ],
  run(input) {
    const parsed = parseRules(input);
    const compiled = compileRules(input);
    if ('wrong' in compiled) return `no cdb ${'problems' in parsed} ${shape(compiled.wrong)}`;
    const file = cdbWrite(compiled.records);
    agree('all records are listed', cdbRecords(file)?.length, compiled.records.length);
    const answers = clients.map((client) => said(findRule(client, cdbLookup(file))));
    // NUL and names without a letter cannot be told apart in a record; capitals and odd zeros are keys that no client has.
    const plain = !('problems' in parsed) && !/[\0A-Z]|(^|[.:\n-])0\d|,=|::ffff/m.test(input);
    if (plain) {
      agree(
        'text and cdb',
        clients.map((client) => said(findRule(client, tableLookup(parsed.rules)))),
        answers,
      );
    }
    return `${plain} ${magnitude(compiled.records.length)} ${JSON.stringify(answers).slice(0, 60)}`;
  },
};

const good = cdbWrite(
  ['127.', '', '=.org'].map((key) => ({ key: fromByteString(key), value: fromByteString(key === '' ? 'D\0' : '+A=b\0') })),
);

export const cdbFiles: Target = {
  name: 'cdb-files',
  words: ['\0\0\0\0', '\xff\xff\xff\xff', '\0\x08\0\0', '\x01\0\0\0', '+A=b\0', 'D\0'],
  seeds: () => [toByteString(good), toByteString(cdbWrite([])), ''],
  run(input) {
    const file = octets(input);
    const records = cdbRecords(file);
    const inside = (part: Uint8Array): boolean => part.byteOffset >= file.byteOffset && part.length <= file.length;
    for (const { key, value } of records?.slice(0, 50) ?? []) {
      holds('records lie inside the file', inside(key) && inside(value));
      cdbGet(file, key);
    }
    const answers = clients.map((client) => findRule(client, cdbLookup(file)));
    holds(
      'an answer is a rule or none',
      answers.every((answer) => answer === undefined || answer === 'damaged' || answer.variables.size < 20_000),
    );
    return `${records === undefined ? 'none' : magnitude(records.length)} ${answers.map((answer) => JSON.stringify(answer)?.slice(0, 14)).join()}`;
  },
};
