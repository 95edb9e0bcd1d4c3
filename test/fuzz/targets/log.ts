/**
 * The activity log: whatever a client says must come back out of one line as it was put in, shown safely.
 */

import { identName } from '../../../src/protocol/ident.js';
import { chosenActions, parseLogScript } from '../../../src/protocol/log/script.js';
import { lineStamp, syslogEntries } from '../../../src/protocol/log/syslog.js';
import { jsonFields } from '../../../src/protocol/log-fields.js';
import { type LogEvent, logSafe, renderLogLine } from '../../../src/protocol/log-line.js';
import type { ByteString } from '../../../src/protocol/mail.js';
import { readReportLine } from '../../../src/protocol/report/read-line.js';
import { readTai64n, tai64n } from '../../../src/protocol/tai64n.js';
import { agree, holds, shape, type Target } from '../target.js';

const eventsFor = (text: ByteString): readonly LogEvent[] => [
  { event: 'info msg', msg: 7, bytes: 9, sender: text, qp: 8, uid: 7_791 },
  { event: 'starting delivery', delivery: 3, msg: 7, channel: 'remote', recipient: text },
  { event: 'delivery', delivery: 3, result: 'deferral', text },
  { event: 'warning', text },
];

export const logLines: Target = {
  name: 'log-lines',
  words: [
    '\n',
    '\r',
    '\x1b[2J',
    '> qp 1 uid 0',
    ' success: ',
    'end msg 7',
    'info msg 1: bytes 1 from <x>',
    '%',
    '@4000000000000000',
  ],
  seeds: () => ['a@b.test', 'a@b> qp 1 uid 0\nend msg 7', 'Connected to x\nRemote host said: 550 no\n', ''],
  run(input) {
    const [info, start, done, warning] = eventsFor(input).map((event) => {
      const line = renderLogLine(event);
      holds('one event, one line of printable text', /^[\x20-\x7e]*$/.test(line));
      const json = JSON.stringify(jsonFields(event));
      holds('one event, one line of JSON', !json.includes('\n') && JSON.parse(json) !== undefined);
      return readReportLine(line)?.event;
    });
    const safe = logSafe(input);
    agree('the sender', info, { kind: 'info', msg: 7, bytes: 9, sender: safe.toLowerCase(), qp: 8, uid: 7_791 });
    agree('the recipient', start, { kind: 'start', delivery: 3, msg: 7, channel: 'remote', recipient: safe.toLowerCase() });
    agree('the report', done, { kind: 'done', delivery: 3, result: 'deferral', reason: safe });
    agree('a warning is no event of a message', warning, undefined);
    for (const { text } of syslogEntries(input, lineStamp(input, 2, 1_700_000_000_123)))
      holds('syslog text', /^[\x20-\x7e]{1,830}$/.test(text));
    holds('an ident name is one word', !/[\r\n]/.test(identName(input.split('\n', 1)[0] ?? '')));
    return shape(safe);
  },
};

export const reportLines: Target = {
  name: 'report-lines',
  words: [
    '@400000003a0d1f5c2d0c5a14 ',
    '1700000000.123456 ',
    'new msg ',
    'delivery 1: ',
    '{"event":"delivery"',
    'success: ',
    ',"time":1}',
  ],
  seeds: () => [
    '@400000003a0d1f5c2d0c5a14 new msg 7',
    '1700000000.123456 info msg 7: bytes 9 from <a@b> qp 1 uid 2',
    'Jan  1 00:00:00 h qmail: 1700000000.123456 delivery 1: success: did_1+0+0/',
    '{"time":"2026-01-01T00:00:00Z","event":"delivery","delivery":1,"result":"success","text":"x"}',
    'delivery 1: report mangled, will defer',
    '{"event":null}',
    '[]',
    'null',
  ],
  run(input) {
    const line = readReportLine(input);
    holds('a time is a number', line?.time === undefined || Number.isFinite(line.time));
    const label = readTai64n(input);
    if (label !== undefined && label.seconds >= 0)
      agree('a label comes back', tai64n(label.seconds, label.nanoseconds), input.slice(0, 25));
    const script = parseLogScript(input.split(' '));
    if (!('wrong' in script)) chosenActions(script.actions, input);
    return `${line?.event.kind} ${line?.time === undefined} ${'wrong' in script} ${shape(input).slice(0, 8)}`;
  },
};
