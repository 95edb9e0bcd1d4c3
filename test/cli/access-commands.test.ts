/** tcprules, tcprulescheck and rblsmtpd as real processes (spec companions.md §1.2, §1.3). */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DnsServer, type Zone } from '../support/dns-server.js';
import { type Finished, run, scratch } from './command.js';

const source = `# ours
127.0.0.2:allow,RELAYCLIENT="",X='a"b'
10.2-3.:deny
joe@192.0.2.7:deny
=mail.example.org:allow,HOST="1"
=.example.org:deny
2001:db8::/32:deny
:allow
`;

test('tcprules compiles what tcprulescheck then says', async (t) => {
  const folder = scratch(t);
  const cdb = join(folder, 'rules.cdb');
  const made = await run(t, 'tcprules', [cdb, join(folder, 'rules.tmp')], { stdin: source }).finished;
  assert.deepEqual(made, { code: 0, stdout: '', stderr: '' });
  const check = (TCPREMOTEIP: string, more: Record<string, string> = {}): Promise<Finished> =>
    run(t, 'tcprulescheck', [cdb], { env: { TCPREMOTEIP, ...more } }).finished;
  const said = async (ip: string, more?: Record<string, string>): Promise<readonly unknown[]> => {
    const { code, stdout } = await check(ip, more);
    return [code, ...stdout.trimEnd().split('\n')];
  };
  assert.deepEqual(await said('127.0.0.2'), [
    0,
    'rule 127.0.0.2:',
    'set environment variable RELAYCLIENT=',
    'set environment variable X=a"b',
    'allow connection',
  ]);
  assert.deepEqual(await said('10.3.9.9'), [100, 'rule 10.3.:', 'deny connection']);
  assert.deepEqual(await said('192.0.2.7', { TCPREMOTEINFO: 'joe' }), [100, 'rule joe@192.0.2.7:', 'deny connection']);
  const host = { TCPREMOTEHOST: 'mail.example.org' };
  assert.deepEqual((await said('192.0.2.9', host)).slice(0, 2), [0, 'rule =mail.example.org:']);
  assert.deepEqual(await said('192.0.2.9', { TCPREMOTEHOST: 'a.example.org' }), [100, 'rule =.example.org:', 'deny connection']);
  assert.deepEqual(await said('2001:db8:0::9'), [100, 'rule 2001:db8::', 'deny connection']);
  assert.deepEqual(await said('192.0.2.9'), [0, 'rule :', 'allow connection']);
});

test('a line that is no rule leaves the compiled file alone and is named', async (t) => {
  const folder = scratch(t);
  const cdb = join(folder, 'rules.cdb');
  const words = [cdb, join(folder, 'rules.tmp')];
  await run(t, 'tcprules', words, { stdin: ':deny\n' }).finished;
  const before = readFileSync(cdb);
  assert.deepEqual(await run(t, 'tcprules', words, { stdin: '1.2.3.4:allow\nx:foo\n' }).finished, {
    code: 100,
    stdout: '',
    stderr: 'tcprules: fatal: unable to parse this line: x:foo\n',
  });
  assert.deepEqual(readFileSync(cdb), before);
  assert.deepEqual(readdirSync(folder), ['rules.cdb']);
  assert.equal((await run(t, 'tcprules', ['one']).finished).code, 100);
  const missing = await run(t, 'tcprulescheck', [join(folder, 'none.cdb')]).finished;
  assert.equal(missing.code, 111);
  assert.match(missing.stderr, /^tcprulescheck: fatal: unable to read .*none\.cdb: file does not exist\n$/);
});

async function blocked(t: TestContext, zone: Zone, args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  const dns = new DnsServer(zone);
  const address = await dns.start();
  t.after(() => dns.stop());
  const stdin = 'EHLO x\r\nmail from:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nQUIT\r\n';
  const settings = { TQMAIL_DNS: address, TCPREMOTEIP: '192.0.2.5', ...env };
  return run(t, 'rblsmtpd', [...args, 'sh', '-c', 'echo the server; exit 9'], { env: settings, stdin }).finished;
}

const hello = '250 rblsmtpd.local\r\n';
const conversation = (answer: string): string =>
  `220 rblsmtpd.local\r\n${hello}${hello}${answer}\r\n${answer}\r\n221 rblsmtpd.local\r\n`;
const passed = { code: 9, stdout: 'the server\n' };

test('rblsmtpd blocks whom a list names with its words, and lets whom an earlier list allows', async (t) => {
  const zone: Zone = { '5.2.0.192.bad.test': [['TXT', 'go away']], '5.2.0.192.good.test': [['A', '127.0.0.2']] };
  const end = await blocked(t, zone, ['-r', 'bad.test', '-a', 'good.test']);
  assert.equal(end.stdout, conversation('451 go away'));
  assert.match(end.stderr, /^rblsmtpd: 192\.0\.2\.5 pid \d+: 451 go away\n$/);
  assert.equal(end.code, 0);
  assert.equal((await blocked(t, zone, ['-b', '-rbad.test'])).stdout, conversation('553 go away'));
  const { code, stdout } = await blocked(t, zone, ['-agood.test', '-rbad.test']);
  assert.deepEqual({ code, stdout }, passed);
});

test('a list that fails lets through, or with -c blocks for now', async (t) => {
  const zone: Zone = { '5.2.0.192.bad.test': 'SERVFAIL' };
  const { code, stdout } = await blocked(t, zone, ['-r', 'bad.test']);
  assert.deepEqual({ code, stdout }, passed);
  assert.equal((await blocked(t, zone, ['-c', '-b', '-rbad.test'])).stdout, conversation('451 temporary RBL lookup error'));
});

test('$RBLSMTPD comes before every list', async (t) => {
  const zone: Zone = { '5.2.0.192.bad.test': [['TXT', 'go away']] };
  const { code, stdout } = await blocked(t, zone, ['-r', 'bad.test'], { RBLSMTPD: '' });
  assert.deepEqual({ code, stdout }, passed);
  assert.equal((await blocked(t, zone, [], { RBLSMTPD: 'not now' })).stdout, conversation('451 not now'));
  assert.equal((await blocked(t, zone, [], { RBLSMTPD: '-never' })).stdout, conversation('553 never'));
  assert.equal((await blocked(t, zone, ['-bR'], { RBLSMTPD: 'not now' })).stdout, conversation('451 not now'));
  assert.match((await blocked(t, zone, ['-z'], {})).stderr, /^rblsmtpd: illegal option -- z\nrblsmtpd: usage: /);
  assert.equal((await run(t, 'rblsmtpd', ['-r', 'bad.test']).finished).code, 100);
});

test('tqmail cdb compiles the rules and recipients that a home names as cdb, and names a faulty line', async (t) => {
  const home = scratch(t);
  mkdirSync(join(home, 'control'));
  const write = (name: string, text: string): void => writeFileSync(join(home, 'control', name), text);
  write('listeners', 'smtp 127.0.0.1:0 rules=control/tcp.smtp.cdb\n');
  write('tcp.smtp', '192.0.2.:deny\n:allow\n');
  write('recipients', 'cdb control/list.cdb\n');
  write('list', 'Joe@Here.example\n');
  const made = await run(t, 'tqmail', ['cdb', '--home', home]).finished;
  assert.equal(made.stdout, 'control/tcp.smtp.cdb made of control/tcp.smtp\ncontrol/list.cdb made of control/list\n');
  const env = { TCPREMOTEIP: '192.0.2.1' };
  const denied = await run(t, 'tcprulescheck', [join(home, 'control/tcp.smtp.cdb')], { env }).finished;
  assert.equal(denied.code, 100);
  write('tcp.smtp', ':allow\n:nothing\n');
  const bad = await run(t, 'tqmail', ['cdb', '--home', home]).finished;
  assert.equal(bad.code, 111);
  assert.match(bad.stderr, /control\/tcp\.smtp:2: ":nothing" is no rule; control\/tcp\.smtp\.cdb stays as it was/);
});
