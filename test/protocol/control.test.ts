/** Settings out of control files: qmail's silent rules, and strict ones for our own files. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSettings } from '../../src/protocol/control.js';
import { controlInt, controlLine, controlLineOrMe, controlList, controlMap } from '../../src/protocol/control-files.js';
import type { Settings, SettingsProblem } from '../../src/protocol/settings.js';

function settingsOf(files: Record<string, string>): Settings {
  const result = parseSettings(new Map(Object.entries({ me: 'mx.test.example\n', ...files })));
  assert.ok('settings' in result, JSON.stringify(result));
  return result.settings;
}
function problemsOf(files: Record<string, string>): readonly SettingsProblem[] {
  const result = parseSettings(new Map(Object.entries({ me: 'mx.test.example\n', ...files })));
  assert.ok('problems' in result);
  return result.problems;
}

test('a line file is its first line, stripped at the right only', () => {
  const files = new Map([
    ['me', ' mx.example \t\nsecond\n'],
    ['empty', ''],
    ['cr', 'mx.example\r\n'],
  ]);
  assert.equal(controlLine(files, 'me'), ' mx.example');
  assert.equal(controlLine(files, 'empty'), '');
  assert.equal(controlLine(files, 'absent'), undefined);
  assert.equal(controlLine(files, 'cr'), 'mx.example\r');
  assert.equal(controlLineOrMe(files, 'absent'), ' mx.example');
  assert.equal(controlLineOrMe(files, 'empty'), '');
});

test('an int file without leading digits counts as missing', () => {
  const read = (text: string) => controlInt(new Map([['n', text]]), 'n');
  assert.equal(read('12 \n'), 12);
  assert.equal(read('12abc\n'), 12);
  assert.equal(read('007\n'), 7);
  assert.equal(read('0\n'), 0);
  for (const text of ['', '\n', 'abc\n', '-1\n', ' 5\n', '+5\n']) assert.equal(read(text), undefined);
  assert.equal(read('9'.repeat(40)), Number.MAX_SAFE_INTEGER);
  assert.equal(controlInt(new Map(), 'n'), undefined);
});

test('a list file skips comments and empty lines and keeps leading blanks', () => {
  const files = new Map([['locals', '# c\n\none.example \t\n two\n \t\n#x\nthree']]);
  assert.deepEqual(controlList(files, 'locals'), ['one.example', ' two', 'three']);
  assert.deepEqual(controlList(new Map([['locals', '']]), 'locals'), []);
  assert.equal(controlList(files, 'absent'), undefined);
});

test('a NUL ends a line file, and an entry of a list file', () => {
  const files = new Map([
    ['n', 'mx.example\0.org\n'],
    ['l', 'a\0b\n\0c\n#d\0e\nf\0#g\n'],
    ['m', 'k:v\0w:x\n'],
  ]);
  assert.equal(controlLine(files, 'n'), 'mx.example');
  assert.deepEqual(controlList(files, 'l'), ['a', 'b', 'f', '#g']);
  assert.deepEqual(controlMap(files, 'm'), { k: 'v', w: 'x' });
});

test('a map file: lower-case keys, last of equal keys wins, no colon no entry', () => {
  const files = new Map([['m', 'A.Test:One\na.test:two:2525\nnothing\n:all\nempty:\n__proto__:odd\n#k:v\n']]);
  const map = controlMap(files, 'm');
  assert.deepEqual(Object.entries(map), [
    ['a.test', 'two:2525'],
    ['', 'all'],
    ['empty', ''],
    ['__proto__', 'odd'],
  ]);
});

test('with me alone every setting has its default', () => {
  assert.deepEqual(settingsOf({}), {
    me: 'mx.test.example',
    smtpgreeting: 'mx.test.example',
    localiphost: 'mx.test.example',
    rcpthosts: undefined,
    badmailfrom: [],
    databytes: 0,
    maxrcpt: 10_000,
    barecr: 'reject',
    timeoutsmtpd: 1200,
    concurrencyincoming: undefined,
    concurrencyperip: undefined,
    listeners: [],
    recipients: 'off',
    etrnhosts: {},
    autoturn: {},
    holdremote: [],
    envnoathost: 'mx.test.example',
    percenthack: [],
    locals: ['mx.test.example'],
    virtualdomains: {},
    queuelifetime: 604_800,
    bouncefrom: 'MAILER-DAEMON',
    bouncemaxbytes: 0,
    bouncerate: 0,
    bouncehost: 'mx.test.example',
    doublebounceto: 'postmaster',
    doublebouncehost: 'mx.test.example',
    concurrencylocal: 10,
    concurrencyremote: 20,
    helohost: 'mx.test.example',
    qmtproutes: {},
    smtproutes: {},
    remotegreet: 'auto',
    timeoutconnect: 60,
    timeoutremote: 1200,
    rcptspertransaction: 1,
    nameservers: [],
    defaultdelivery: './Mailbox',
    defaulthost: 'mx.test.example',
    defaultdomain: 'mx.test.example',
    plusdomain: 'mx.test.example',
    idhost: 'mx.test.example',
    logformat: 'qmail',
    logstamp: 'none',
    topology: 'roles',
    queuebytes: 0,
    queuereserve: 67_108_864,
  });
});

test('qmail files: nonsense is the default, bounds are silent', () => {
  const settings = settingsOf({
    databytes: 'abc\n',
    concurrencylocal: '-1\n',
    concurrencyremote: '999999\n',
    timeoutsmtpd: '0\n',
    timeoutconnect: '\n',
    timeoutremote: '30 seconds\n',
    queuelifetime: '0\n',
    locals: '',
    rcpthosts: '',
    badmailfrom: 'Evil@SPAM.example\n@Bad.example\n',
    doublebounceto: '',
  });
  assert.equal(settings.databytes, 0);
  assert.equal(settings.concurrencylocal, 10);
  assert.equal(settings.concurrencyremote, 10_000);
  assert.equal(settings.timeoutsmtpd, 1);
  assert.equal(settings.timeoutconnect, 60);
  assert.equal(settings.timeoutremote, 30);
  assert.equal(settings.queuelifetime, 0);
  assert.deepEqual(settings.locals, []);
  assert.deepEqual(settings.rcpthosts, []);
  assert.deepEqual(settings.badmailfrom, ['evil@spam.example', '@bad.example']);
  assert.equal(settings.doublebounceto, '');
});

test('a missing or empty me is a problem that names the file', () => {
  const missing = parseSettings(new Map());
  assert.ok('problems' in missing);
  assert.deepEqual(
    missing.problems.map(({ file, line }) => [file, line]),
    [['control/me', 0]],
  );
  assert.match(missing.problems[0]?.text ?? '', /does not exist; write this host's full name/);
  assert.deepEqual(
    problemsOf({ me: '\n' }).map(({ file, line }) => [file, line]),
    [['control/me', 1]],
  );
});

test('our own files: a bad value is a problem, all of them together', () => {
  const files = [
    'maxrcpt',
    'bouncemaxbytes',
    'bouncerate',
    'rcptspertransaction',
    'concurrencyperip',
    'barecr',
    'logformat',
    'logstamp',
    'topology',
    'queuebytes',
  ];
  const problems = problemsOf(Object.fromEntries(files.map((file) => [file, 'nonsense\n'])));
  assert.deepEqual(problems.map(({ file }) => file).toSorted(), files.map((file) => `control/${file}`).toSorted());
  for (const problem of problems) {
    assert.equal(problem.line, 1);
    assert.match(problem.text, /^"nonsense" is .* (write|remove) /);
  }
  for (const text of ['', '0', '-1', '1001', '1e2', '1 2'])
    assert.equal(problemsOf({ rcptspertransaction: text }).length, 1, text);
});

test('our own files: good values', () => {
  const settings = settingsOf({
    maxrcpt: '50\n',
    bouncemaxbytes: '50000\n',
    bouncerate: '60\n',
    rcptspertransaction: '1000\r\n',
    barecr: 'space\n',
    logformat: 'json\n',
    logstamp: 'tai64n\n',
    topology: 'single\n',
    queuebytes: '1000000000\n',
    queuereserve: '0\n',
    concurrencyperip: '7\n',
    nameservers: '# ours\n127.0.0.1:5353\n  192.0.2.1\n::1\n[2001:DB8::0:1]:53\n',
    defaultdelivery: '|preline procmail\n./Maildir/\n\n',
  });
  assert.equal(settings.rcptspertransaction, 1000);
  assert.equal(settings.maxrcpt, 50);
  assert.equal(settings.bouncemaxbytes, 50_000);
  assert.equal(settings.bouncerate, 60);
  assert.equal(settings.barecr, 'space');
  assert.equal(settings.logformat, 'json');
  assert.equal(settings.logstamp, 'tai64n');
  assert.equal(settings.topology, 'single');
  assert.equal(settings.queuebytes, 1_000_000_000);
  assert.equal(settings.queuereserve, 0);
  assert.equal(settings.concurrencyperip, 7);
  assert.deepEqual(settings.nameservers, ['127.0.0.1:5353', '192.0.2.1', '[::1]', '[2001:db8::1]:53']);
  assert.equal(settings.defaultdelivery, '|preline procmail\n./Maildir/');
});

test('name servers are addresses', () => {
  const problems = problemsOf({ nameservers: 'ns.example\n127.0.0.1:0\n127.0.0.1:x\n[::1\n' });
  assert.deepEqual(
    problems.map(({ line }) => line),
    [1, 2, 3, 4],
  );
});
