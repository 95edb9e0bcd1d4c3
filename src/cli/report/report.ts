/**
 * `tqmail report`: figures of the activity log, as qmailanalog's matchup and z programs give them (docs/report.md).
 * Reads files or standard input, writes standard output; memory does not grow with the log.
 */
import { closeSync, openSync } from 'node:fs';
import { chosen } from '../../protocol/report/chosen.js';
import { Figures } from '../../protocol/report/figures.js';
import { deliveryLine, messageLine, readDeliveryLine, readMessageLine } from '../../protocol/report/matched-lines.js';
import { Matchup, type MatchupSink } from '../../protocol/report/matchup.js';
import { readReportLine } from '../../protocol/report/read-line.js';
import { sendmailDelivery, sendmailMessage } from '../../protocol/report/sendmail-lines.js';
import { reportPart } from '../../protocol/report/text.js';
import { CommandTrouble, complain, reason } from '../complain.js';
import { Output } from '../output.js';
import { type Progress, progressBeside, progressLine } from '../progress.js';
import { readLines } from './read-log.js';
import { type ReportWords, reportWords } from './words.js';

/** Lines between two looks at the clock. */
const linesBetween = 20_000;

export async function main(args: readonly string[]): Promise<number> {
  const words = reportWords(args);
  const output = new Output(1, 'report: standard output');
  if (words.lines === undefined) {
    const figures = new Figures(words.top, words.parts.includes('successes'));
    read(words, figures, progressLine('report'));
    const text = words.parts.map((part) => reportPart(part, figures, words.top)).join('\n');
    output.write(`${text.trimEnd()}\n`);
  } else {
    read(words, linesTo(output, words.lines), progressBeside(process.stdout, 'report'));
  }
  output.flush();
  return 0;
}

/** A line for each, while the log is read. */
function linesTo(output: Output, form: 'matchup' | 'sendmail'): MatchupSink {
  const line = (text: string): void => output.write(`${text}\n`);
  return form === 'matchup'
    ? { delivery: (one) => line(deliveryLine(one)), message: (one) => line(messageLine(one)) }
    : { delivery: (one) => line(sendmailDelivery(one)), message: (one) => line(sendmailMessage(one)) };
}

function read({ files, choice, pending }: ReportWords, all: MatchupSink, progress: Progress): void {
  const sink = Object.keys(choice).length === 0 ? all : chosen(choice, all);
  const matchup = new Matchup(sink);
  let tooLong = 0;
  let lines = 0;
  for (const file of files.length === 0 ? ([0] as const) : files) {
    try {
      tooLong += readLines(file, (line) => {
        if (++lines % linesBetween === 0) progress.show(`${lines} lines, ${file === 0 ? 'standard input' : file}`);
        take(line, matchup, sink);
      });
    } catch (error) {
      progress.clear();
      if (error instanceof CommandTrouble) throw error;
      throw new CommandTrouble(111, `report: ${file === 0 ? 'standard input' : file} cannot be read: ${reason(error)}`);
    }
  }
  progress.clear();
  if (pending !== undefined) writePending(pending, matchup);
  if (tooLong > 0) complain(`tqmail: report: ${tooLong} lines were too long and do not count`);
  if (matchup.forgotten > 0)
    complain(`tqmail: report: ${matchup.forgotten} open messages or deliveries were too many and do not count`);
  if (pending === undefined && matchup.unfinished > 0)
    complain(`tqmail: report: ${matchup.unfinished} messages had not ended when the log did`);
}

/** A line of a log, or one that matchup made of a log before. */
function take(line: string, matchup: Matchup, sink: MatchupSink): void {
  if (line.startsWith('d ')) {
    const delivery = readDeliveryLine(line);
    if (delivery !== undefined) sink.delivery(delivery);
  } else if (line.startsWith('m ')) {
    const message = readMessageLine(line);
    if (message !== undefined) sink.message(message);
  } else {
    const found = readReportLine(line);
    if (found !== undefined) matchup.take(found);
  }
}

/** What matchup of qmailanalog writes to descriptor 5. */
function writePending(file: string, matchup: Matchup): void {
  let fd: number;
  try {
    fd = openSync(file, 'w');
  } catch (error) {
    throw new CommandTrouble(111, `report: ${file} cannot be written: ${reason(error)}`);
  }
  try {
    const output = new Output(fd, `report: ${file}`);
    for (const line of matchup.pending()) output.write(`${line}\n`);
    output.flush();
  } finally {
    closeSync(fd);
  }
}
