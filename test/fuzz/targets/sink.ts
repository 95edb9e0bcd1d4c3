/**
 * What the sink reads: its rules, addresses that ask for trouble, the marks and records of a ledger. A rule counts only at
 * its stage; a mark comes back as it was written.
 */
import {
  formatLedgerMark,
  formatLedgerRecord,
  ledgerHeaderName,
  ledgerRecipient,
  ledgerRecipientIndex,
  ledgerRecordLength,
  parseLedgerRecord,
} from '../../../src/protocol/ledger.js';
import { parseLedgerMark } from '../../../src/protocol/ledger-mark-reader.js';
import { plainVerdict, SinkJudge } from '../../../src/protocol/sink/judge.js';
import { magicOf } from '../../../src/protocol/sink/magic.js';
import { parseSinkRules } from '../../../src/protocol/sink/parse-rules.js';
import { sinkPresets } from '../../../src/protocol/sink/presets.js';
import { sinkStages } from '../../../src/protocol/sink/rule.js';
import { agree, holds, magnitude, shape, type Target } from '../target.js';

export const sinkRules: Target = {
  name: 'sink-rules',
  words: [
    'from 10s ',
    'to 20s ',
    '30% ',
    'rcpt/2 ',
    'end * drop\n',
    'greylist 60s',
    'rate 10/s',
    'limit 5',
    'slow 10k',
    '*a*',
    '452 no',
    'seed 7\n',
  ],
  seeds: () => [
    ...Object.values(sinkPresets),
    `rcpt ${'*a'.repeat(9)}*b 450 no\n`,
    'seed 7\nfrom 1s to 2h 50% rcpt/3 *@*.test 450 no\nbody * delay 1.5s\nend * take-drop\n',
  ],
  run(input) {
    const rules = parseSinkRules(input);
    if ('reason' in rules) {
      holds('a mistake has a line and a reason', rules.line > 0 && rules.reason !== '');
      return `${shape(rules.reason).slice(0, 12)} ${magnitude(rules.line)}`;
    }
    const judge = new SinkJudge(rules, 0);
    const again = new SinkJudge(rules, 0);
    const seen = sinkStages.map((stage) => {
      const verdicts = ['a'.repeat(900), 'x@y.test', input.slice(-60)].map((address, at) => {
        const question = { stage, client: '::1', sender: 's@t', address, ofClient: at, ofAll: 9, now: 1_500 * at };
        const verdict = judge.judge(question);
        agree('the same question, the same answer', again.judge(question), verdict);
        if (verdict.refusal !== undefined) holds('a refusal refuses', verdict.refusal.code >= 400 && verdict.refusal.code <= 599);
        holds('times are times', verdict.delayMs >= 0 && Number.isFinite(verdict.delayMs) && verdict.slow >= 0);
        return verdict.does[0];
      });
      if (!judge.concerns(stage))
        holds(
          'no rule, no trouble',
          verdicts.every((does) => does === 'a'),
        );
      return verdicts.join('');
    });
    return `${magnitude(rules.rules.length)} ${seen.join()}`;
  },
};

export const ledger: Target = {
  name: 'ledger',
  words: ['450-', 'slow-3s-', 'end-452-', 'take-drop-', '0123abcd ', ' 7', ' r#@x.test', ' a ', '#', '-0', ' 999999999'],
  seeds: () => [
    '0123abcd 7 100 3 89abcdef r#@x.test',
    '0123abcd 7 100 1 89abcdef one@x.test 1234567',
    formatLedgerRecord('0123abcd', 7, 2, 'i', 99),
    'end-take-drop-x@y',
    'slow-300ms-x@y',
  ],
  run(input) {
    const magic = magicOf(input);
    if (magic !== undefined) holds('magic is bounded', plainVerdict(magic.action).delayMs <= 3_600_000);
    const record = parseLedgerRecord(input);
    if (record !== undefined && record.sequence < 1e10 && record.recipient < 1e7 && record.us < 1e15) {
      const line = formatLedgerRecord(record.run, record.sequence, record.recipient, record.verdict, record.us);
      agree('a record comes back', [parseLedgerRecord(line), line.length], [record, ledgerRecordLength]);
    }
    const mark = parseLedgerMark(input);
    if (mark === undefined) return `none ${record?.verdict} ${magic?.stage} ${magic?.action.tag} ${shape(input)}`;
    agree('a mark comes back', parseLedgerMark(formatLedgerMark(mark).slice(ledgerHeaderName.length)), mark);
    for (const index of [0, 1, mark.recipients - 1]) {
      const found = ledgerRecipientIndex(mark, ledgerRecipient(mark.pattern, index));
      if (index >= 0 && index < mark.recipients && mark.pattern.includes('#')) agree('its recipients are its own', found, index);
    }
    return `${magnitude(mark.recipients)} ${mark.sentUs === undefined} ${shape(mark.pattern)}`;
  },
};
