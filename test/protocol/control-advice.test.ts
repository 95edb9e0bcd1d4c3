/** Advice on control files: each mistake is named with file and line, and files as init makes them have none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlAdvice } from '../../src/protocol/advice/control-advice.js';

const sound = { me: 'mail.example.org\n', locals: 'mail.example.org\n', rcpthosts: 'mail.example.org\n.below.example\n' };

function advice(files: Record<string, string>, names: readonly string[] = [], more = false): readonly string[] {
  const all = new Map(Object.entries({ ...sound, ...files }));
  return controlAdvice(all, [...all.keys(), ...names], more).map(
    ({ file, line, serious, text }) => `${serious ? 'FAULT' : 'WARN'} ${file}:${line} ${text}`,
  );
}

test('sound files have none', () => {
  assert.deepEqual(advice({}), []);
  const files = {
    virtualdomains: '# ours\nshop.below.example:shop\n.elsewhere.example:\n:alias-nowhere\nann@mail2.below.example:ann\n',
    smtproutes: ':[192.0.2.1]:2525\na.example:2001:db8::1\nb.example:[2001:db8::1]:25\nc.example:\nd.example:relay.example\n',
    badmailfrom: '@spam.example\n',
    databytes: '1000000 \n',
    holdremote: 'a.example\r\n',
    defaultdelivery: '|preline procmail\n./Maildir/\n&ann@example.org\n',
  };
  assert.deepEqual(advice(files, ['tcp.smtp', 'tcp.smtp.cdb', 'README', 'locals~', 'locals.bak', 'checkpassword']), []);
  assert.deepEqual(advice({ locals: '', rcpthosts: '' }), []);
});

const mistakes: readonly (readonly [string, string, RegExp])[] = [
  ['me', 'mail.example.org\r\n', /^FAULT control\/me:1 a carriage return .*sed -i/],
  ['locals', 'mail.example.org\nb.below.example\r\n', /^FAULT control\/locals:2 a carriage return/],
  ['me', '\xef\xbb\xbfmail.example.org\n', /^FAULT control\/me:1 begins with a byte order mark/],
  ['locals', '\xff\xfem\0a\0', /^FAULT control\/locals:1 begins with a byte order mark/],
  ['locals', 'mail.example.org\nx\0y\n', /^FAULT control\/locals:2 has a NUL/],
  ['me', 'mail\n', /^WARN control\/me:1 "mail" has no domain/],
  ['helohost', 'mail example\n', /^FAULT control\/helohost:1 "mail example" is no host name/],
  ['helohost', '# our name\nmail.example.org\n', /^FAULT control\/helohost:1 "# our name" is the value/],
  ['bouncehost', 'a.example\nb.example\n', /^WARN control\/bouncehost:2 does not count/],
  ['databytes', '10M\n', /^FAULT control\/databytes:1 "10M" counts as 10/],
  ['concurrencylocal', 'many\n', /^FAULT control\/concurrencylocal:1 "many" is no number: the default counts/],
  ['bouncehost', 'two words\n', /^WARN control\/bouncehost:1 "two words" is no host name/],
  ['databytes', '\n', /^WARN control\/databytes:1 is empty: the default counts/],
  ['concurrencyremote', '20000\n', /^WARN control\/concurrencyremote:1 20000 counts as 10000/],
  ['queuelifetime', '7\n', /^WARN control\/queuelifetime:1 .* after 7 seconds/],
  ['timeoutconnect', '0\n', /^WARN control\/timeoutconnect:1 0 counts as 1 second/],
  ['defaultdelivery', 'Maildir/\n', /^FAULT control\/defaultdelivery:1 "Maildir\/" is an address/],
  ['rcpthosts', 'mail.example.org\n*.example.org\n', /^FAULT control\/rcpthosts:2 "\*\.example\.org" matches nothing/],
  ['locals', 'mail.example.org\n.below.example\n', /^FAULT control\/locals:2 "\.below\.example" matches nothing/],
  ['locals', 'mail.example.org\nb\xfccher.below.example\n', /^FAULT control\/locals:2 "b\?cher.* xn-- form/],
  ['locals', 'mail.example.org\n b.below.example\n', /^FAULT control\/locals:2 .* begins with a blank/],
  ['locals', 'mail.example.org\nnew.example\n', /^WARN control\/locals:2 mail for "new.example" is refused from outside/],
  ['badmailfrom', 'spam.example\n', /^FAULT control\/badmailfrom:1 "spam.example" matches no sender/],
  ['virtualdomains', 'a.below.example\n', /^FAULT control\/virtualdomains:1 "a.below.example" has no colon/],
  ['virtualdomains', 'mail.example.org:x\n', /^WARN control\/virtualdomains:1 does not count: .* is in control\/locals/],
  ['virtualdomains', 'new.example:x\n', /^WARN control\/virtualdomains:1 mail for "new.example" is refused/],
  ['virtualdomains', 'a.below.example:x\nA.below.example:y\n', /^FAULT control\/virtualdomains:1 does not count: line 2 /],
  ['smtproutes', 'a.example:relay:abc\n', /^FAULT control\/smtproutes:1 "relay:abc" has no port/],
  ['smtproutes', 'a.example:relay:70000\n', /^FAULT control\/smtproutes:1 .* has no port/],
  ['qmtproutes', 'a.example: relay\n', /^FAULT control\/qmtproutes:1 " relay" has blanks/],
];

for (const [name, text, expected] of mistakes) {
  test(`${name} ${JSON.stringify(text)}: one line of advice`, () => {
    const said = advice({ [name]: text });
    assert.equal(said.length, 1, said.join('\n'));
    assert.match(said[0] ?? '', expected);
  });
}

test('names that are nearly those of control files', () => {
  for (const name of ['concurencyremote', 'Locals', 'rcpthost', 'smtproute', 'virtualdomians'])
    assert.match(advice({}, [name]).join('\n'), /^WARN control\/\S+:0 is not read; perhaps \S+ is meant$/, name);
  assert.deepEqual(advice({}, ['notes', 'mx', 'dkim']), []);
});

test('without rcpthosts it is said once; with morercpthosts a domain may stand there', () => {
  const files = new Map(Object.entries({ me: 'mail.example.org\n' }));
  assert.match(
    controlAdvice(files, [])[0]?.text ?? '',
    /does not exist: SMTP takes no mail from outside; write mail\.example\.org/,
  );
  assert.deepEqual(advice({ locals: 'mail.example.org\nnew.example\n' }, [], true), []);
});

test('a file of nonsense is not shown whole', () => {
  assert.equal(advice({ badmailfrom: 'x\n'.repeat(10_000) }).length, 50);
});
