/**
 * What qmail-rspawn makes of the end and the output of a remote program (spec remote.md §6): one letter and a text
 * for the recipient. The output holds records ended by NUL: r, h or s a recipient, then K, Z or D for the message.
 */
import type { ByteString, Outcome, Status } from './mail.js';

/** `code` is undefined for a program that a signal ended. */
export interface ProgramEnd {
  readonly code: number | undefined;
  /** Both of its outputs. */
  readonly output: ByteString;
}

const cannotRun = 111;
const rank: Readonly<Record<Status, number>> = { K: 1, Z: 0, D: -1 };

/** Undefined when the program ended as it should and said something. */
function fault({ code, output }: ProgramEnd): Outcome | undefined {
  if (code === undefined) return { status: 'Z', text: 'qmail-remote crashed.\n' };
  if (code === cannotRun) return { status: 'Z', text: 'Unable to run qmail-remote.\n' };
  if (code !== 0) return { status: 'D', text: 'Unable to run qmail-remote.\n' };
  if (output === '') return { status: 'Z', text: 'qmail-remote produced no output.\n' };
  return undefined;
}

/** The records, each without its NUL; what no NUL ends does not count. */
const recordsOf = (output: ByteString): readonly ByteString[] => output.split('\0').slice(0, -1);

const statusOf = (record: ByteString | undefined): Status | undefined => {
  const letter = record?.charAt(0);
  return letter === 'K' || letter === 'Z' || letter === 'D' ? letter : undefined;
};

/** The outcome of the one recipient of a delivery. */
export function recipientOutcome(end: ProgramEnd): Outcome {
  const faulty = fault(end);
  if (faulty !== undefined) return faulty;
  const records = recordsOf(end.output);
  const message = records.map(statusOf).find((status) => status !== undefined) ?? 'D';
  const own = end.output.startsWith('s') ? 'Z' : end.output.startsWith('h') ? 'D' : message;
  // The first octet is a letter even when it is the NUL of an empty record.
  const [first, second] = recordsOf(end.output.slice(1));
  const more = rank[message] <= rank[own] && statusOf(second) !== undefined ? (second ?? '').slice(1) : '';
  return { status: own, text: (first ?? '') + more };
}

/** The outcomes of several recipients of one delivery, in their order: each as if it had been alone. */
export function recipientOutcomes(end: ProgramEnd, recipients: number): readonly Outcome[] {
  if (recipients === 1 || fault(end) !== undefined) return new Array<Outcome>(recipients).fill(recipientOutcome(end));
  const records = recordsOf(end.output);
  const message = records.find((record) => statusOf(record) !== undefined);
  const own = records.filter((record) => /^[rhs]/.test(record));
  return Array.from({ length: recipients }, (_, index) => {
    const alone = [own[index], message].filter((record) => record !== undefined);
    return recipientOutcome({ code: 0, output: `${alone.join('\0')}\0` });
  });
}
