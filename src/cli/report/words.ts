/** The words of `tqmail report` as what it shall do. Reads nothing. */
import { parseArgs } from 'node:util';
import type { Choice } from '../../protocol/report/chosen.js';
import { type PartName, partNames } from '../../protocol/report/text.js';
import { CommandTrouble, reason } from '../complain.js';
import { usageLine } from '../manual/help.js';

const usageCode = 64;
const usualTop = 20;
const mostTop = 10_000;
/** What is long, or says little to most, comes only when it is asked for. */
const onlyAsked: readonly PartName[] = ['uids', 'rxdelay', 'successes'];

export interface ReportWords {
  readonly files: readonly string[];
  readonly parts: readonly PartName[];
  readonly top: number;
  /** Lines instead of figures. */
  readonly lines: 'matchup' | 'sendmail' | undefined;
  readonly choice: Choice;
  /** A file for what is open when the log ends. */
  readonly pending: string | undefined;
}

const options = {
  part: { type: 'string' },
  top: { type: 'string' },
  matchup: { type: 'boolean' },
  sendmail: { type: 'boolean' },
  sender: { type: 'string' },
  recipient: { type: 'string' },
  qp: { type: 'string' },
  pending: { type: 'string' },
} as const;

/** Throws CommandTrouble for wrong words. */
export function reportWords(args: readonly string[]): ReportWords {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { matchup = false, sendmail = false, part, pending, sender, recipient } = values;
    if (matchup && sendmail) throw new Error('--matchup and --sendmail exclude each other');
    if ((matchup || sendmail) && part !== undefined) throw new Error('--part goes with figures, not with lines');
    return {
      files: positionals,
      parts: part === undefined ? partNames.filter((name) => !onlyAsked.includes(name)) : partsNamed(part),
      top: numberOf('top', values.top, 1, mostTop) ?? usualTop,
      lines: matchup ? 'matchup' : sendmail ? 'sendmail' : undefined,
      choice: choiceOf(sender, recipient, numberOf('qp', values.qp, 0, Number.MAX_SAFE_INTEGER)),
      pending,
    };
  } catch (error) {
    throw new CommandTrouble(usageCode, `report: ${reason(error)}\n${usageLine('report')}`);
  }
}

function numberOf(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(/^\d+$/.test(text) && number >= least && number <= most)) {
    throw new Error(`--${name} is a number${most < Number.MAX_SAFE_INTEGER ? ` from ${least} to ${most}` : ''}`);
  }
  return number;
}

/** Addresses may stand in angle brackets; `<>` is the null sender. */
function choiceOf(sender: string | undefined, recipient: string | undefined, qp: number | undefined): Choice {
  const bare = (address: string): string => address.replace(/^<(.*)>$/, '$1').toLowerCase();
  return {
    ...(sender === undefined ? {} : { sender: bare(sender) }),
    ...(recipient === undefined ? {} : { recipient: bare(recipient) }),
    ...(qp === undefined ? {} : { qp }),
  };
}

function partsNamed(text: string): readonly PartName[] {
  return text.split(',').map((word) => {
    const part = partNames.find((name) => name === word);
    if (part === undefined) throw new Error(`no part ${word}`);
    return part;
  });
}
