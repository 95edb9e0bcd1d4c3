/**
 * Alias files: what is an address, a program, a list; loops, owners, duplicates; texts that come back as they were.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aliasRecords, includeCommands } from '../../src/protocol/aliases/alias-file.js';
import { type AliasWord, aliasWords } from '../../src/protocol/aliases/alias-words.js';
import { BadAliases, commandsRecord, ownerRecord } from '../../src/protocol/aliases/commands.js';
import { type AliasTables, expand } from '../../src/protocol/aliases/expand.js';
import { forwardText, parseForward } from '../../src/protocol/aliases/forward-text.js';
import { mailListText, parseMailList } from '../../src/protocol/aliases/mail-list.js';
import { toByteString } from '../../src/protocol/bytes.js';
import { cdbWrite } from '../../src/protocol/cdb.js';
import { cdbRecords } from '../../src/protocol/cdb-records.js';
import { rewriter } from '../../src/protocol/message/rewrite.js';

const rewrite = rewriter({ defaulthost: 'h.example', defaultdomain: 'example', plusdomain: 'plus' });
assert.ok(typeof rewrite === 'function');

const short = (word: AliasWord): string =>
  word.tag === 'address' ? word.address : `${word.tag} ${word.tag === 'program' ? word.program : word.file}`;
const words = (text: string): string[] | undefined => aliasWords(text, rewrite)?.map(short);

test('words of a right side', () => {
  assert.deepEqual(words('root, Joe <joe@far.org>'), ['root@h.example', 'joe@far.org']);
  assert.deepEqual(words('"|prog args, more", |two args'), ['program prog args, more', 'program two', 'args@h.example']);
  assert.deepEqual(words(':include:/etc/l.x, ":include:/a b", "/file"'), ['include /etc/l.x', 'include /a b', 'file /file']);
  assert.deepEqual(words('"spaced name"@x.org, \\root, "q\\"x"@x.org'), ['spaced name@x.org', 'root@h.example', 'q"x@x.org']);
  assert.deepEqual(words(' , ,'), []);
  for (const bad of ['"open', 'x (open', '<open', '|"x y"']) assert.equal(words(bad), undefined, bad);
});

test('a group is its members, and its name nobody; a semicolon outside of one is a comma', () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['g: a, b@c.d;', ['a@h.example', 'b@c.d']],
    ['x, My Friends (some): Joe <j@x.y>, "|prog a;b"; , last', ['x@h.example', 'j@x.y', 'program prog a;b', 'last@h.example']],
    ['"g, h": a; b', ['a@h.example', 'b@h.example']],
    ['nobody:;', []],
    ['nobody: ; a', ['a@h.example']],
    ['g: :include:/l, /f;', ['include /l', 'file /f']],
    ['a; b;', ['a@h.example', 'b@h.example']],
    ['|p;q:r, :include:/x:y;z', ['program p;q:r', 'include /x:y;z']],
  ];
  for (const [text, expected] of rows) assert.deepEqual(words(text), expected, text);
  for (const bad of ['g: a, b', 'g: h: a;;', ': a;', 'a, : b;', 'g: h: a;', '<x>: a;', '@r1:u@h', 'u@h: a;']) {
    assert.equal(words(bad), undefined, bad);
  }
});

const texts = (source: string): string => aliasRecords(source, rewrite).map(forwardText).join('');

test('/etc/aliases: targets, continuations, owners, programs, lists', () => {
  const source = [
    '# comment',
    'Postmaster: root,',
    '  "|vacation joe"',
    '',
    'owner-multi: o@x.org',
    '@vdom.org: all',
    'u@Host.org : x (comment)',
    '"q a": :include:lists/a',
    'postmaster: second',
  ].join('\n');
  assert.equal(
    texts(source),
    [
      'postmaster@:\n, !vacation\\ joe\n, &root@h.example\n;',
      'multi@: ?owner-multi@h.example;\nowner-multi@:\n, &o@x.org\n;',
      '@vdom.org:\n, &all@h.example\n;',
      'u@host.org:\n, &x@h.example\n;',
      'q\\ a@:\n, ./lists/a.bin\n;',
      'postmaster@:\n, &second@h.example\n;\n',
    ].join('\n'),
  );
});

test('an alias file that cannot be obeyed is refused as a whole, with the line', () => {
  const refused = (source: string, why: RegExp): void =>
    assert.throws(
      () => texts(source),
      (error) => error instanceof BadAliases && why.test(error.message),
    );
  refused('ok: x\nno colon\n', /line 2: no colon/);
  refused('a:\n', /line 1/);
  refused(': x\n', /line 1/);
  refused('A@: x\n', /line 1/);
  refused('a b: x\n', /line 1: a b: x/);
  refused('"a" [b]: x\n', /line 1/);
  refused('a: /file\n', /^file delivery \/file not supported$/);
  refused('a: <>\n', /^empty recipient addresses not permitted$/);
  refused(`a: ${'x'.repeat(800)}@y.org\n`, /^addresses over 800 bytes are not permitted$/);
});

test('an include file has addresses and lists, no programs', () => {
  assert.deepEqual(includeCommands('# c\na, b@c.org\n\n:include:/x\n', rewrite), ['&b@c.org', '&a@h.example', '/x.bin']);
  assert.deepEqual(includeCommands('<>, a\n<>\n', rewrite), ['&a@h.example']);
  assert.throws(() => includeCommands('"|prog"\n', rewrite), /program delivery \|prog not supported/);
});

test('setforward text as it was recorded', () => {
  const source = 'a@b: x@y, &z@y, |c\\ d; # comment : ; ,\ns@h: ?own@h , /l.bin, !p x;\nEsc\\:aped@h : a@b , , ;e@x: ;';
  assert.equal(
    parseForward(source).map(forwardText).join(''),
    'a@b:\n, &x@y\n, &z@y\n, |c\\ d\n;\ns@h: ?own@h;\ns@h:\n, /l.bin\n, !px\n;\nesc\\:aped@h:\n, &a@b\n;\n',
  );
  for (const [bad, why] of [
    ['x@y a@b;', 'commas are not permitted before colons'],
    ['x@y: a@b', 'final instruction must end with semicolon'],
    ['x@y: a: b;', 'double colons are not permitted'],
    [`x: ${'a'.repeat(801)};`, 'addresses over 800 bytes are not permitted'],
  ] as const) {
    assert.throws(() => parseForward(bad), { name: 'BadAliases', message: why });
  }
});

const octets = fc.string({ unit: fc.constantFrom(...'aB@.:,;#\\ \t\n\r|"é&'), minLength: 1, maxLength: 12 });

test('what printforward prints setforward reads as the same records', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(octets, fc.array(octets, { minLength: 1, maxLength: 3 }), fc.option(octets))), (rows) => {
      const records = rows.flatMap(([target, commands, owner]) => [
        ...(owner === null ? [] : [ownerRecord(target, owner)]),
        commandsRecord(
          target,
          commands.map((command) => `&${command}`),
        ),
      ]);
      const again = parseForward((cdbRecords(cdbWrite(records)) ?? []).map(forwardText).join(''));
      const plain = (list: typeof records): string[][] => list.map(({ key, value }) => [toByteString(key), toByteString(value)]);
      assert.deepEqual(plain([...again]), plain(records));
    }),
  );
});

test('a cut or foreign file is no list of records', () => {
  const file = cdbWrite([commandsRecord('a@b', ['&c@d'])]);
  assert.equal(cdbRecords(file)?.length, 1);
  for (let length = 0; length < 2048 + 12; length += 7) assert.equal(cdbRecords(file.subarray(0, length)), undefined);
  assert.equal(cdbRecords(new Uint8Array(4096).fill(0xff)), undefined);
});

test('lists: lines and back', () => {
  const commands = parseMailList('a@b.c\n\n#x\n&d@e  \n./in\n/abs');
  assert.deepEqual(commands, ['&a@b.c', '&d@e', './in', '/abs']);
  assert.deepEqual(parseMailList(mailListText(commands)), commands);
  // An address may begin with anything.
  assert.deepEqual(parseMailList('_a@x\n+b@x\n"q r"@x \n é\n|p\n#\n&&x'), ['&_a@x', '&+b@x', '&"q r"@x', '& é', '&|p', '&&x']);
  assert.equal(parseMailList(`${'x'.repeat(800)}\n/${'y'.repeat(900)}`).length, 2);
  assert.throws(() => parseMailList(`a\n${'x'.repeat(801)}\n`), /addresses must be under 800 bytes: line 2$/);
  assert.throws(() => parseMailList('a\0\n'), /NUL in input/);
});

function tables(source: string, lists: Readonly<Record<string, readonly string[]>> = {}): AliasTables {
  const records = new Map(parseForward(source).map(({ key, value }) => [toByteString(key), toByteString(value)]));
  return {
    commands: (target) => records.get(`:${target.toLowerCase()}`)?.split('\0').slice(0, -1),
    owner: (target) => records.get(`?${target.toLowerCase()}`),
    list: (file) => lists[file] ?? assert.fail(file),
  };
}

test('expansion: first the address, then its host, then its user; loops and duplicates end', () => {
  const all = tables('joe@x: bob@x, new@z, |p; bob@x: joe@x, new@z; @wild: w@q; any@: joe@wild;');
  assert.deepEqual(expand('JOE@x', all), { owner: undefined, recipients: ['new@z'], programs: ['|p'] });
  assert.deepEqual(expand('foo@wild', all)?.recipients, ['w@q']);
  assert.deepEqual(expand('any@wild', all)?.recipients, ['w@q']);
  // Wildcards are for the incoming address alone.
  assert.deepEqual(expand('any@foo', all)?.recipients, ['joe@wild']);
  assert.equal(expand('no@no', all), undefined);
  assert.equal(expand('noat', all), undefined);
});

test('expansion: a target with an owner keeps its mail to itself, lists are read once', () => {
  const all = tables('own@x: a@q, l@x; own@x: ?owner-own@x; l@x: ./l.bin, own@x; j@x: own@x, b@q;', {
    './l.bin': ['&m@q', './l.bin', '&a@q'],
  });
  assert.deepEqual(expand('own@x', all), { owner: 'owner-own@x', recipients: ['m@q', 'a@q'], programs: [] });
  assert.deepEqual(expand('j@x', all), { owner: undefined, recipients: ['own@x', 'b@q'], programs: [] });
});

test('expansion: the order of fastforward, in which letters of either case are different addresses', () => {
  const all = tables('l@x: A@q, m@x, b@q, |p; m@x: a@q, b@q, c@q, |p; self@x: self@x; own@x: own@x; own@x: ?o@x;');
  const { recipients, programs } = expand('l@x', all) ?? assert.fail();
  assert.deepEqual(recipients, ['A@q', 'a@q', 'c@q', 'b@q']);
  assert.deepEqual(programs, ['|p', '|p'], 'a program that two aliases name runs for each of them');
  assert.deepEqual(expand('self@x', all)?.recipients, []);
  assert.deepEqual(expand('own@x', all), { owner: 'o@x', recipients: ['own@x'], programs: [] }, 'its owner hears of the loop');
});

test('expansion: lists in lists end', () => {
  const all = tables('l@x: ./1;');
  const deep: AliasTables = { ...all, list: (file) => [`./${Number(file.slice(2)) + 1}`] };
  assert.throws(() => expand('l@x', deep), /more than 100 lists in lists/);
  const wide: AliasTables = {
    ...all,
    list: (file) => (file.length > 12 ? [] : Array.from({ length: 9 }, (_, n) => `${file}${n}`)),
  };
  assert.throws(() => expand('l@x', wide), /more than 1000000 commands/);
});

test('expansion is bounded', () => {
  const endless: AliasTables = {
    commands: (target) => [`&${target}x`, `&${Number(target) + 1}`],
    owner: () => undefined,
    list: () => [],
  };
  assert.throws(() => expand('1', endless), RangeError);
});
