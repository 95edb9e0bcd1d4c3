/**
 * A sink's rules: what is a mistake and how it is named, and what the rules do over time, by share, by client.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SinkJudge, type SinkQuestion } from '../../../src/protocol/sink/judge.js';
import { magicOf } from '../../../src/protocol/sink/magic.js';
import { FirstTries } from '../../../src/protocol/sink/memory.js';
import { parseSinkRules } from '../../../src/protocol/sink/parse-rules.js';
import { sinkPresets } from '../../../src/protocol/sink/presets.js';
import { sinkStages } from '../../../src/protocol/sink/rule.js';

function judgeOf(text: string): SinkJudge {
  const rules = parseSinkRules(text);
  assert.ok('rules' in rules, JSON.stringify(rules));
  return new SinkJudge(rules, 0);
}

function question(changes: Partial<SinkQuestion>): SinkQuestion {
  return { stage: 'mail', client: '192.0.2.1', sender: 's@x', address: 's@x', ofClient: 1, ofAll: 1, now: 0, ...changes };
}

const mistakes: readonly (readonly [string, number, RegExp])[] = [
  ['# fine\n\nrcpt * 250 ok', 3, /no reply code/],
  ['rcpt/0 * 550 no', 1, /every 0th/],
  ['helo * 550 no', 1, /"helo" is no stage: connect, auth, mail/],
  ['rcpt', 1, /pattern is missing/],
  ['rcpt * refuse', 1, /"refuse" is no action: /],
  ['101% rcpt * 450', 1, /no share/],
  ['0% rcpt * 450', 1, /no share/],
  ['from 20s to 10s rcpt * 450', 1, /not after/],
  ['from ten rcpt * 450', 1, /from wants a time/],
  ['rcpt * delay 3', 1, /delay wants a time/],
  ['rcpt * delay 25h', 1, /up to 24h/],
  ['rcpt * delay 3s and more', 1, /"and more" is too much/],
  ['rcpt * take-drop', 1, /for the stage end/],
  ['mail * limit 3', 1, /for the stage connect/],
  ['mail * greylist 3s', 1, /for the stage rcpt/],
  ['body * 450 no', 1, /no reply can be given/],
  ['mail * rate 0/s', 1, /rate wants/],
  ['mail * rate 5/d', 1, /rate wants/],
  ['mail * slow 0', 1, /octets a second/],
  ['connect * limit many', 1, /limit wants a number/],
  ['seed x', 1, /seed wants/],
  ['mail * rate 5/s 250 ok', 1, /"250" is no reply code/],
];

test('stars stand for anything, letters count in any case, and many stars take no longer', () => {
  const refused = (pattern: string, address: string): boolean =>
    judgeOf(`mail ${pattern} 450 no`).judge(question({ address })).does === 'refuse';
  for (const [pattern, address] of [
    ['*', ''],
    ['A*b*C', 'aXXBxxc'],
    ['*@x.test', 'a@X.test'],
    ['ab', 'AB'],
    ['a**a', 'aa'],
    ['*.[x]*', 'a.[x]b'],
  ] as const)
    assert.ok(refused(pattern, address), `${pattern} ${address}`);
  for (const [pattern, address] of [
    ['a*a', 'a'],
    ['*b*c', 'cb'],
    ['a.c', 'abc'],
    ['ab', 'abc'],
  ] as const)
    assert.ok(!refused(pattern, address), `${pattern} ${address}`);
  const { user } = process.cpuUsage();
  assert.ok(!refused(`${'*a'.repeat(12)}*b`, 'a'.repeat(900)));
  assert.ok(process.cpuUsage().user - user < 5_000_000, 'processor time');
});

test('what greylisting remembers is bounded, whatever the addresses', () => {
  const tries = new FirstTries();
  assert.equal(tries.age('first', 1), 0);
  assert.equal(tries.age('first', 8), 7);
  for (let n = 0; n < 20_000; n++) tries.age(`${n} ${'x'.repeat(2_000)}`, 9);
  assert.ok(tries.octets <= 32 * 1_048_576, `${tries.octets} octets`);
  assert.equal(tries.age(`19999 ${'x'.repeat(2_000)}`, 10), 1, 'the newest stay');
  assert.equal(tries.age('first', 10), 0, 'the oldest is forgotten');
});

test('a mistake names its line and what would be right', () => {
  for (const [text, line, reason] of mistakes) {
    const read = parseSinkRules(text);
    assert.ok('reason' in read, text);
    assert.equal(read.line, line, text);
    assert.match(read.reason, reason, text);
  }
});

test('no text makes the parser or the judge throw', () => {
  const word = fc.constantFrom(
    'from',
    'to',
    '10s',
    '30%',
    'mail',
    'rcpt/2',
    '*',
    '450',
    'rate',
    '5/s',
    'delay',
    'seed',
    '1',
    '#',
    '*@*',
    'drop',
  );
  const line = fc.array(fc.oneof(word, fc.string({ maxLength: 5 })), { maxLength: 8 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.nat(100_000), (lines, now) => {
      const rules = parseSinkRules(lines.join('\n'));
      if ('reason' in rules)
        assert.ok(rules.line >= 1 && rules.line <= lines.join('\n').split('\n').length && rules.reason !== '');
      else for (const stage of sinkStages) new SinkJudge(rules, 0).judge(question({ stage, now }));
    }),
    { numRuns: 300 },
  );
});

test('a timeline: from second 10 to 20 about 30 % of the messages get 421, before and after none', () => {
  const text = 'seed 5\nfrom 10s to 20s 30% mail * 421 busy';
  const run = (): number[] => {
    const judge = judgeOf(text);
    const refused: number[] = [];
    for (let now = 0; now < 30_000; now += 10) {
      const { does, refusal } = judge.judge(question({ now }));
      if (does === 'refuse') {
        assert.deepEqual(refusal, { code: 421, text: 'busy' });
        refused.push(now);
      }
    }
    return refused;
  };
  const refused = run();
  assert.ok(refused.every((now) => now >= 10_000 && now < 20_000));
  assert.ok(refused.length > 250 && refused.length < 350, `${refused.length} of 1000`);
  assert.deepEqual(run(), refused, 'the same seed gives the same row');
  const other = parseSinkRules(text.replace('5', '6'));
  assert.ok('rules' in other && other.seed === 6);
});

test('the first rule that decides wins; delays add up; a slow reader stays one', () => {
  const judge = judgeOf('rcpt * delay 100ms\nrcpt a@* delay 1s\nrcpt a@* slow 1k\nrcpt A@X 450 here\nrcpt * 550 not here');
  const at = (address: string) => judge.judge(question({ stage: 'rcpt', address }));
  assert.deepEqual(at('a@x'), { does: 'refuse', refusal: { code: 450, text: 'here' }, delayMs: 1_100, slow: 1_024 });
  assert.deepEqual(at('b@x'), { does: 'refuse', refusal: { code: 550, text: 'not here' }, delayMs: 100, slow: 0 });
  assert.equal(judge.judge(question({ stage: 'mail' })).does, 'accept');
});

test('a rate is each client’s own and refills evenly', () => {
  const judge = judgeOf('mail * rate 2/s');
  const does = (client: string, now: number): string => judge.judge(question({ client, now })).does;
  assert.deepEqual([does('a', 0), does('a', 0), does('a', 0), does('b', 0)], ['accept', 'accept', 'refuse', 'accept']);
  assert.deepEqual([does('a', 499), does('a', 500), does('a', 500)], ['refuse', 'accept', 'refuse']);
});

test('greylisting knows client, sender and recipient', () => {
  const judge = judgeOf('rcpt * greylist 60s');
  const does = (sender: string, now: number): string =>
    judge.judge(question({ stage: 'rcpt', sender, address: 'r@x', now })).does;
  assert.deepEqual(
    [does('a', 0), does('a', 59_999), does('a', 60_000), does('b', 60_000)],
    ['refuse', 'refuse', 'accept', 'refuse'],
  );
});

test('limits of connections, of one client and of all', () => {
  const judge = judgeOf('connect 192.0.2.* limit 2 421 yours\nconnect * limit-all 3');
  const text = (ofClient: number, ofAll: number) =>
    judge.judge(question({ stage: 'connect', address: '192.0.2.1', ofClient, ofAll })).refusal?.text;
  assert.deepEqual([text(2, 3), text(3, 3), text(1, 4)], [undefined, 'yours', 'too many connections (#4.7.0)']);
});

test('every n-th match counts', () => {
  const judge = judgeOf('end/3 * drop');
  const row = Array.from({ length: 6 }, () => judge.judge(question({ stage: 'end' })).does);
  assert.deepEqual(row, ['accept', 'accept', 'drop', 'accept', 'accept', 'drop']);
});

test('every preset can be read', () => {
  assert.deepEqual(Object.keys(sinkPresets), [
    'clean',
    'flaky',
    'greylist',
    'ratelimit',
    'tarpit',
    'drop-after-dot',
    'disk-full',
  ]);
  for (const [name, text] of Object.entries(sinkPresets)) assert.ok('rules' in parseSinkRules(text), name);
});

test('recipients that say what they want', () => {
  const short = (address: string): unknown => {
    const magic = magicOf(address);
    if (magic === undefined) return undefined;
    const { tag } = magic.action;
    return [
      magic.stage,
      tag,
      ...('refusal' in magic.action ? [magic.action.refusal.code] : 'ms' in magic.action ? [magic.action.ms] : []),
    ];
  };
  assert.deepEqual(short('450-x@y'), ['rcpt', 'refuse', 450]);
  assert.deepEqual(short('end-552-x@y'), ['end', 'refuse', 552]);
  assert.deepEqual(short('slow-3s-x@y'), ['rcpt', 'delay', 3_000]);
  assert.deepEqual(short('Slow-20ms-x@y'), ['rcpt', 'delay', 20]);
  assert.deepEqual(short('drop-x@y'), ['rcpt', 'drop']);
  assert.deepEqual(short('stall-x@y'), ['rcpt', 'stall']);
  assert.deepEqual(short('end-take-drop-x@y'), ['end', 'take-drop']);
  for (const plain of ['a@y', '250-x@y', '4500-x@y', 'slow-x@y', 'drops@y', 'steve@y', 'ended-x@y', ''])
    assert.equal(short(plain), undefined, plain);
});
