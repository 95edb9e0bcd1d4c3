/**
 * What a local delivery reports to send: exit codes and texts as qmail-lspawn words them
 * (spec send.md §4.1). Pure.
 */
import type { ByteString, Outcome } from './mail.js';

const longestReport = 3000;
const cutRemark = '\nError report too long, sorry.\n';

/** Octets of output worth keeping: one more shows that it was too long. */
export const outputLimit: number = longestReport + 1;

/** Output of a delivery as a report: cut when too long, and at a NUL. */
export function reportText(output: ByteString): ByteString {
  // qmail takes three octets off for its own marks: 2,966 remain.
  const kept = output.length > longestReport ? output.slice(0, longestReport - cutRemark.length - 3) + cutRemark : output;
  const nul = kept.indexOf('\0');
  return nul < 0 ? kept : kept.slice(0, nul);
}

const internal: Readonly<Record<number, ByteString>> = {
  112: 'Internal qmail-lspawn bug.\n',
  113: 'Not allowed to perform deliveries as root.\n',
  115: 'NFS failure in qmail-local.\n',
  116: 'Unable to find alias user!\n',
  117: 'Trouble reading users/cdb in qmail-lspawn.\n',
  118: 'Temporary failure in qmail-lspawn.\n',
  119: 'Out of memory in qmail-lspawn.\n',
  120: 'Unable to run qmail-local.\n',
  121: 'Unable to run qmail-getpw.\n',
};

/** A deferral for a reason that lies before the delivery itself; unknown codes are internal bugs. */
export function internalOutcome(code: number): Outcome {
  return { status: 'Z', text: internal[code] ?? (internal[112] as ByteString) };
}

/** The delivery's process ended without a report. */
export const crashedOutcome: Outcome = { status: 'Z', text: 'qmail-local crashed.\n' };

/** The outcome of a delivery that ended with this exit code and output. */
export function exitOutcome(exit: 0 | 100 | 111, output: ByteString): Outcome {
  return { status: exit === 0 ? 'K' : exit === 100 ? 'D' : 'Z', text: reportText(output) };
}

const deferringExits: readonly number[] = [71, 74, 75, 111];
const notRun = 126;

/** The outcome of a qmail-local process that ended with any code, or, without one, by a signal. */
export function localExit(code: number | undefined, output: ByteString): Outcome {
  if (code === undefined) return crashedOutcome;
  if (code === notRun) return { status: 'D', text: 'Unable to run qmail-local.\n' };
  if (code in internal) return internalOutcome(code);
  return { status: code === 0 ? 'K' : deferringExits.includes(code) ? 'Z' : 'D', text: reportText(output) };
}

/** What became of the mail to be forwarded: queued under a number, or refused with the queue's words. */
export type Forwarded =
  | { readonly tag: 'queued'; readonly qp: number }
  | { readonly tag: 'refused'; readonly permanent: boolean; readonly text: ByteString };

/** The outcome of a delivery with forward lines once its mail was handed to the queue (spec local.md §5.4, §5.5). */
export function forwardedOutcome(delivered: Outcome, forwarded: Forwarded): Outcome {
  if (forwarded.tag === 'queued') return { status: 'K', text: `${delivered.text}qp ${forwarded.qp}\n` };
  const before = delivered.text.replace(/did \d+\+\d+\+\d+\n$/, '');
  return { status: forwarded.permanent ? 'D' : 'Z', text: `${before}Unable to forward message: ${forwarded.text}.\n` };
}
