/** POP3 without a network: commands cut at every octet, messages as they go over the wire, and what nobody should send. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Authorization, checkerInput } from '../../src/protocol/pop3/authorization.js';
import { CommandLines, longestLine } from '../../src/protocol/pop3/command-lines.js';
import { MessageText, wholeMessage } from '../../src/protocol/pop3/message-text.js';
import { isPopUser, parsePopPasswd, parseScryptHash, popLine } from '../../src/protocol/pop3/pop-passwd.js';
import { Transaction } from '../../src/protocol/pop3/transaction.js';

const octets = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

const list = { count: 3, size: (index: number) => [46, 35, 34][index] ?? 0, uniqueName: (index: number) => `m${index + 1}` };

/** A session's answers, its input in pieces of these sizes; `<n/lines>` stands for message n. */
function answers(input: string, pieces: readonly number[]): string {
  const lines = new CommandLines();
  const transaction = new Transaction(list);
  let said = '';
  let at = 0;
  for (const size of [...pieces, input.length]) {
    lines.receive(octets(input.slice(at, at + size)));
    at += size;
    for (let command = lines.next(); command !== undefined; command = lines.next()) {
      const step = transaction.take(command);
      if (step.tag === 'reply') said += step.text;
      else if (step.tag === 'lines') said += [...step.pieces].join('');
      else if (step.tag === 'message') said += `<${step.index + 1}/${step.lines ?? 'all'}>`;
      else return `${said}quit ${[...transaction.deleted].map((index) => index + 1).join(',')}`;
    }
    lines.retain();
  }
  return said;
}

const session =
  'stat\r\nLIST\r\nUIDL 2\nDELE 2\r\nSTAT\r\nLIST\r\nLIST 2\r\nLAST\r\nTOP 1  12\r\nRETR 3\r\nRETR 12\r\nRETR 0\r\nTOP x\r\n\r\nSTAT\0x\r\nRSET\r\nDELE 1\r\nDELE 1\r\nQUIT\r\nSTAT\r\n';
const answered =
  '+OK 3 115\r\n+OK \r\n1 46\r\n2 35\r\n3 34\r\n.\r\n+OK 2 m2\r\n+OK \r\n+OK 2 80\r\n+OK \r\n1 46\r\n3 34\r\n.\r\n-ERR already deleted\r\n+OK 2\r\n' +
  '<1/12><3/all>-ERR not that many messages\r\n-ERR messages are counted from 1\r\n-ERR syntax error\r\n-ERR unimplemented\r\n+OK 2 80\r\n+OK \r\n+OK \r\n' +
  '-ERR already deleted\r\nquit 1';

test('a session is the same wherever its octets are cut', () => {
  for (let cut = 0; cut <= session.length; cut++) assert.equal(answers(session, [cut]), answered, `cut at ${cut}`);
  assert.equal(
    answers(
      session,
      Array.from(session, () => 1),
    ),
    answered,
  );
});

test('an over-long line is dropped, told once, and the session goes on', () => {
  const long = `${'X'.repeat(3 * longestLine)}\r\nNOOP\r\n`;
  for (const pieces of [[], [100], Array.from({ length: 20 }, () => 1_000)]) {
    assert.equal(answers(long, pieces), '-ERR line too long\r\n+OK \r\n');
  }
  assert.equal(answers(`${'X'.repeat(longestLine)}\r\nNOOP\r\n`, []), '-ERR unimplemented\r\n+OK \r\n');
  assert.equal(answers(`NOOP\r\n${'X'.repeat(longestLine + 2)}\nNOOP\r\n`, [5_000]), '+OK \r\n-ERR line too long\r\n+OK \r\n');
});

test('whatever octets come, however cut, the answers are the same and no number is out of the list', () => {
  const word = fc.constantFrom('STAT', 'LIST', 'UIDL', 'TOP', 'RETR', 'DELE', 'RSET', 'LAST', 'NOOP', 'CAPA', '\0', '\r', 'x');
  const line = fc.tuple(
    word,
    fc.constantFrom('', ' ', ' 1', ' 2 3', ' 99999999999999999999', ' -1', '  3', ' 1x'),
    fc.constantFrom('\r\n', '\n'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(20), { maxLength: 30 }), (lines, pieces) => {
      const input = lines.flat().join('');
      const whole = answers(input, []);
      assert.equal(answers(input, pieces), whole);
      for (const [, number] of whole.matchAll(/<(\d+)\//g)) assert.ok(Number(number) >= 1 && Number(number) <= 3);
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void answers(text(bytes), [7, 1, 50])));
});

test('who logs in, and how the checker is told', () => {
  const say = (lines: readonly string[], apop = true): unknown[] => {
    const authorization = new Authorization(apop, true);
    const cut = new CommandLines();
    cut.receive(octets(lines.map((line) => `${line}\r\n`).join('')));
    return lines.map(() => {
      const step = authorization.take(cut.next() ?? 'long');
      return step.tag === 'login' ? checkerInput(step.login, '<1.2@h>') : step.text;
    });
  };
  assert.deepEqual(say(['PASS x', 'USER', 'USER joe', 'PASS', 'PASS a  b ']), [
    '-ERR USER first\r\n',
    '-ERR syntax error\r\n',
    '+OK \r\n',
    '-ERR syntax error\r\n',
    'joe\0a  b \0<1.2@h>\0',
  ]);
  assert.deepEqual(say(['APOP joe', 'APOP joe d1 x']), ['-ERR syntax error\r\n', 'joe\0d1 x\0<1.2@h>\0']);
  assert.deepEqual(say(['APOP joe d1', 'RETR 1', 'NOOP', 'QUIT'], false), [
    '-ERR unimplemented\r\n',
    '-ERR authorization first\r\n',
    '+OK \r\n',
    '+OK \r\n',
  ]);
  const [capa] = say(['CAPA']) as [string];
  for (const name of ['USER', 'TOP', 'UIDL', 'PIPELINING', 'AUTH-RESP-CODE']) assert.match(capa, new RegExp(`\r\n${name}\r\n`));
});

function sent(message: string, lines: number | undefined, pieces: readonly number[]): string {
  const encoder = new MessageText(lines);
  let said = '';
  let at = 0;
  for (const size of [...pieces, message.length]) {
    if (encoder.over) break;
    said += encoder.next(message.slice(at, at + size));
    at += size;
  }
  return said + encoder.end();
}

/** The same, line by line. */
function expected(message: string, limit: number | undefined): string {
  const lines = message.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const blank = lines.indexOf('');
  const kept = limit === undefined || blank < 0 ? lines : lines.slice(0, blank + 1 + limit);
  return `${kept.map((line) => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('')}\r\n.\r\n`;
}

test('a message on the wire, in whatever pieces, as the slow way makes it', () => {
  const message = fc
    .array(fc.constantFrom('\n', '.', 'a', '\r', '\0', '\xff', '\n\n'), { maxLength: 40 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      message,
      fc.option(fc.nat(4), { nil: undefined }),
      fc.array(fc.nat(5), { maxLength: 20 }),
      (octets, lines, pieces) => {
        assert.equal(sent(octets, lines, pieces), expected(octets, lines));
        assert.equal(wholeMessage(octets, lines), expected(octets, lines));
      },
    ),
  );
});

test('no text of a message can end it early', () => {
  const ending = /(^|\r\n)\.\r\n/g;
  fc.assert(
    fc.property(fc.array(fc.constantFrom('\n', '.', '\r', 'x', '\r\n.\r\n'), { maxLength: 40 }), (parts) => {
      const said = sent(parts.join(''), undefined, []);
      assert.equal([...said.matchAll(ending)].length, 1);
      assert.ok(said.endsWith('\r\n.\r\n'));
    }),
  );
});

test('users/poppasswd: what is a line, and what is passed over', () => {
  const hash = `$scrypt$ln=14,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$${'A'.repeat(43)}`;
  const joe = { user: 'joe', hash, uid: 8001, gid: 8001, home: '/home/joe' };
  const accounts = parsePopPasswd(
    `# x\n\n${popLine(joe)}joe:other:1:1:/x\n../etc:${hash}:1:1:/x\nrel:${hash}:1:1:home\namy:${hash}:x:1:/x\nbob:${hash}:1:1:/x:more\n`,
  );
  assert.deepEqual([...accounts.values()], [joe]);
  for (const name of ['', '.', '../joe', 'a/b', 'a b', 'a:b', 'a\0b', '#a', 'x'.repeat(256)])
    assert.equal(isPopUser(name), false, name);
  assert.ok(isPopUser('joe@example.org'));
  assert.ok(parseScryptHash(hash));
  for (const bad of ['', 'secret', hash.replace('ln=14', 'ln=40'), hash.slice(0, -1), `${hash}A`])
    assert.equal(parseScryptHash(bad), undefined);
});
