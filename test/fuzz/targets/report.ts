/**
 * A whole log as `tqmail report` reads it. Against counting by regular expressions; every figure is a number, every part text.
 */
import { Figures } from '../../../src/protocol/report/figures.js';
import { deliveryLine, messageLine } from '../../../src/protocol/report/matched-lines.js';
import { Matchup } from '../../../src/protocol/report/matchup.js';
import { readReportLine } from '../../../src/protocol/report/read-line.js';
import { Tally } from '../../../src/protocol/report/tally.js';
import { partNames, reportPart } from '../../../src/protocol/report/text.js';
import { agree, holds, magnitude, shape, type Target } from '../target.js';

const message = [
  'new msg 7',
  'info msg 7: bytes 9 from <a@b> qp 1 uid 2',
  'starting delivery 1: msg 7 to remote c@d.test',
  'status: local 0/10 remote 1/20',
  'delivery 1: deferral: no_answer/',
  'starting delivery 2: msg 7 to local joe@e.test',
  'delivery 2: success: did_1+0+0/',
  'end msg 7',
];
const stamped = (line: string, at: number): string => `17000000${10 + at}.123456 ${line}`;

/** Open deliveries and messages, followed with plain sets. */
function plain(input: string): { readonly ends: number; readonly outcomes: number } {
  const open = new Set<number>();
  const messages = new Set<number>();
  let [ends, outcomes] = [0, 0];
  for (const line of input.split('\n')) {
    const event = readReportLine(line)?.event;
    if (event?.kind === 'new' || event?.kind === 'info') messages.add(event.msg);
    else if (event?.kind === 'start') open.add(event.delivery);
    else if (event?.kind === 'done') outcomes += Number(open.delete(event.delivery));
    else if (event?.kind === 'end') ends += Number(messages.delete(event.msg));
    else if (event?.kind === 'exiting') open.clear();
  }
  return { ends, outcomes };
}

export const report: Target = {
  name: 'report',
  words: [
    ...message.map((line) => `${line}\n`),
    'status: exiting\n',
    '1700000000.000001 ',
    '-1 ',
    '@400000003a0d1f5c2d0c5a14 ',
    '{"event":"end msg","msg":7}\n',
  ],
  seeds: () => [
    `${message.join('\n')}\n`,
    `${message.map(stamped).join('\n')}\n`,
    '{"time":1700000000.5,"event":"new msg","msg":7}\n{"time":"x","event":"end msg","msg":7}\n',
    'starting delivery 1: msg 9 to remote x@__proto__\ndelivery 1: failure: constructor/\nstatus: exiting\n',
  ],
  run(input) {
    const figures = new Figures(3);
    const lines: string[] = [];
    const matchup = new Matchup({
      delivery: (one) => {
        lines.push(deliveryLine(one));
        figures.delivery(one);
      },
      message: (one) => {
        lines.push(messageLine(one));
        figures.message(one);
      },
    });
    for (const line of input.split('\n')) {
      const read = readReportLine(line);
      if (read !== undefined) matchup.take(read);
    }
    const { overall } = figures;
    const { ends, outcomes } = plain(input);
    agree('messages', overall.messages, ends);
    agree('deliveries', overall.success + overall.failure + overall.deferral, outcomes);
    holds(
      'sums are numbers',
      Object.values(overall).every((sum) => sum === undefined || Number.isFinite(sum)),
    );
    holds(
      'a line each',
      lines.every((line) => /^[dm] [^\n]*$/.test(line)),
    );
    const parts = partNames.map((part) => reportPart(part, figures, 5));
    holds('parts hold no NaN', !parts.some((part) => /^(?:[\w ()]+: )?(?:NaN|Infinity|undefined)/m.test(part)));
    return `${magnitude(overall.messages)} ${magnitude(outcomes)} ${overall.first === undefined} ${overall.last === undefined} ${matchup.unfinished} ${shape(input.slice(0, 30))}`;
  },
};

export const tally: Target = {
  name: 'tally',
  words: ['__proto__ ', '(others) ', 'a ', 'b '],
  seeds: () => ['a b c d e f a a b', '(others) x y z', ''],
  run(input) {
    const most = 5;
    const names = input.split(/[ \n]+/);
    const sums = new Tally(({ attempts }) => attempts, most);
    for (const name of names) sums.of(name).attempts += 1;
    const rows = sums.largest(100);
    holds('bounded', rows.length <= most + 1);
    agree(
      'nothing is lost',
      rows.reduce((sum, [, { attempts }]) => sum + attempts, 0),
      names.length,
    );
    return rows.map(([, { attempts }]) => magnitude(attempts)).join();
  },
};
