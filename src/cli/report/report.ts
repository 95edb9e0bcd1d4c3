/**
 * `tqmail report`: figures of the activity log, as qmailanalog's matchup and z programs give them (docs/report.md).
 * Reads files or standard input, writes standard output; memory does not grow with the log.
 */
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Figures } from '../../protocol/report/figures.js';
import { deliveryLine, Matchup, type MatchupSink, messageLine } from '../../protocol/report/matchup.js';
import { readReportLine } from '../../protocol/report/read-line.js';
import { type PartName, partNames, reportPart } from '../../protocol/report/text.js';
import { CommandTrouble, complain, reason } from '../complain.js';
import { usageLine } from '../manual/help.js';
import { progressBeside, progressLine } from '../progress.js';
import { readLines } from './read-log.js';

const usageCode = 64;
/** Lines between two looks at the clock. */
const linesBetween = 20_000;
const usualTop = 20;
const mostTop = 10_000;
const usualParts: readonly PartName[] = partNames.filter((name) => name !== 'uids');

interface Words {
  readonly files: readonly string[];
  readonly parts: readonly PartName[];
  readonly top: number;
  readonly matchup: boolean;
}

export async function main(args: readonly string[]): Promise<number> {
  const words = reportWords(args);
  const output = new Output();
  if (words.matchup) {
    read(
      words.files,
      {
        delivery: (one) => output.line(deliveryLine(one)),
        message: (one) => output.line(messageLine(one)),
      },
      true,
    );
  } else {
    const figures = new Figures(words.top);
    read(words.files, figures, false);
    output.line(
      words.parts
        .map((part) => reportPart(part, figures, words.top))
        .join('\n')
        .trimEnd(),
    );
  }
  output.flush();
  return 0;
}

/** Throws CommandTrouble for wrong words. */
function reportWords(args: readonly string[]): Words {
  const options = { part: { type: 'string' }, top: { type: 'string' }, matchup: { type: 'boolean' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const top = Number(values.top ?? usualTop);
    if (!(Number.isInteger(top) && top >= 1 && top <= mostTop)) throw new Error(`--top is a number from 1 to ${mostTop}`);
    return { files: positionals, parts: partsNamed(values.part), top, matchup: values.matchup === true };
  } catch (error) {
    throw new CommandTrouble(usageCode, `report: ${reason(error)}\n${usageLine('report')}`);
  }
}

function partsNamed(text: string | undefined): readonly PartName[] {
  if (text === undefined) return usualParts;
  return text.split(',').map((word) => {
    const part = partNames.find((name) => name === word);
    if (part === undefined) throw new Error(`no part ${word}`);
    return part;
  });
}

/** `matchupLines`: results come while it reads. */
function read(files: readonly string[], sink: MatchupSink, matchupLines: boolean): void {
  const matchup = new Matchup(sink);
  const progress = matchupLines ? progressBeside(process.stdout, 'report') : progressLine('report');
  let tooLong = 0;
  let lines = 0;
  for (const file of files.length === 0 ? ([0] as const) : files) {
    try {
      tooLong += readLines(file, (line) => {
        if (++lines % linesBetween === 0) progress.show(`${lines} lines, ${file === 0 ? 'standard input' : file}`);
        const found = readReportLine(line);
        if (found !== undefined) matchup.take(found);
      });
    } catch (error) {
      progress.clear();
      throw new CommandTrouble(111, `report: ${file === 0 ? 'standard input' : file} cannot be read: ${reason(error)}`);
    }
  }
  progress.clear();
  if (tooLong > 0) complain(`tqmail: report: ${tooLong} lines were too long and do not count`);
  if (matchup.forgotten > 0)
    complain(`tqmail: report: ${matchup.forgotten} open messages or deliveries were too many and do not count`);
  if (matchup.unfinished > 0) complain(`tqmail: report: ${matchup.unfinished} messages had not ended when the log did`);
}

/** Lines to descriptor 1, in large pieces. */
class Output {
  #text = '';

  line(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length > 65_536) this.flush();
  }

  flush(): void {
    let left = Buffer.from(this.#text, 'latin1');
    this.#text = '';
    while (left.length > 0) {
      try {
        left = left.subarray(writeSync(1, left));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A reader that has seen enough (head) is no failure.
        if (code === 'EPIPE') process.exit(0);
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(pause, 0, 0, 5);
      }
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));
