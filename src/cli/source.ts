/**
 * `tqmail source`: sends load to an SMTP server and prints one JSON object.
 * Every message carries a ledger mark, so that `tqmail sink` can account for it.
 */
import { parseArgs } from 'node:util';
import type { SourceOptions, SourceProgress, SourceReport } from '../actors/source/options.js';
import { runLoad } from '../actors/source/source.js';
import { ledgerPatternLength } from '../protocol/ledger.js';
import { type Replay, readReplay } from '../store/replay-messages.js';
import { loginsFrom } from './load/logins.js';
import { domainMix, sizeMix } from './load/mixes.js';
import { usageLine } from './manual/help.js';
import { progressLine } from './progress.js';
import { addressAndPort, commandWord, decimalNumber, ToolUsage, wholeNumber } from './tool-arguments.js';

const text = { type: 'string' } as const;
const names = [
  'to',
  'messages',
  'duration',
  'size',
  'sessions',
  'rate',
  'ramp',
  'rcpts',
  'per-session',
  'from',
  'rcpt',
  'domains',
  'replay',
  'pipelining',
  'starttls',
  'auth',
  'threads',
  'ledger',
  'timeout',
  'deadline',
  'helo',
] as const;
type Values = Partial<Record<(typeof names)[number], string>> & { tls?: boolean; quiet?: boolean; 'check-certificate'?: boolean };

const exitInterrupted = 130;

/** Parses the words after `tqmail source`; throws ToolUsage. */
export function sourceOptions(args: readonly string[]): SourceOptions {
  return optionsOf(parsed(args));
}

function optionsOf(values: Values): SourceOptions {
  if (values.to === undefined) throw new ToolUsage('--to is missing');
  const number = (name: (typeof names)[number], fallback: number, least: number, most: number): number =>
    wholeNumber(name, values[name], fallback, least, most);
  const recipients = number('rcpts', 1, 1, 100_000);
  const domains = values.domains === undefined ? [] : domainMix(values.domains);
  const pattern = recipientPattern(values.rcpt ?? 'rcpt-#@dest.test', recipients, domains.length > 0);
  if (values.replay !== undefined && values.size !== undefined)
    throw new ToolUsage('--size is for made messages, --replay sends those that there are');
  const durationSeconds = decimalNumber('duration', values.duration ?? '0', 604_800);
  const sizes = sizeMix(values.size ?? '4096');
  return {
    target: {
      ...addressAndPort('to', values.to, false),
      tls: values.tls === true,
      starttls: number('starttls', 1, 0, 1) === 1,
      logins: values.auth === undefined ? [] : loginsFrom(values.auth),
      checkCertificate: values['check-certificate'] === true,
      helohost: commandWord('helo', values.helo ?? 'source.test'),
      timeout: number('timeout', 60, 1, 86_400) * 1000,
      pipelining: number('pipelining', 1, 0, 2) > 0,
      overlapping: number('pipelining', 1, 0, 2) === 2,
    },
    messages: values.messages === undefined && durationSeconds > 0 ? 0 : number('messages', 1_000, 1, 100_000_000),
    durationSeconds,
    size: sizes[0]?.value ?? 0,
    sizes,
    sessions: number('sessions', 10, 1, 20_000),
    rate: decimalNumber('rate', values.rate ?? '0', 1_000_000),
    rampSeconds: number('ramp', 0, 0, 86_400),
    recipients,
    perSession: number('per-session', 0, 0, 1_000_000_000),
    sender: commandWord('from', values.from ?? 'sender@source.test'),
    pattern,
    domains,
    threads: number('threads', 1, 1, 64),
    deadlineSeconds: number('deadline', 0, 0, 604_800),
    ...(values.replay === undefined ? {} : { replay: values.replay }),
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
  };
}

/** What the mark of each message can carry, and as many addresses as there are recipients. */
function recipientPattern(word: string, recipients: number, isGivenDomain: boolean): string {
  const pattern = commandWord('rcpt', word);
  if (pattern === '' || /\s/.test(pattern) || pattern.length > ledgerPatternLength)
    throw new ToolUsage(
      `--rcpt wants an address of at most ${ledgerPatternLength} octets without spaces, not ${JSON.stringify(word).slice(0, 60)}`,
    );
  const at = pattern.lastIndexOf('@');
  if (isGivenDomain && at === -1) throw new ToolUsage(`--rcpt needs an @ where --domains are given, not ${word}`);
  const numbered = isGivenDomain ? pattern.slice(0, at) : pattern;
  if (recipients > 1 && !numbered.includes('#'))
    throw new ToolUsage(`--rcpt needs a # ${isGivenDomain ? 'before its @ ' : ''}when there is more than one recipient`);
  return pattern;
}

function parsed(args: readonly string[]): Values {
  const flag = { type: 'boolean' } as const;
  const options = {
    ...Object.fromEntries(names.map((name) => [name, text])),
    tls: flag,
    quiet: flag,
    'check-certificate': flag,
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new ToolUsage((error as Error).message);
  }
}

export async function runSource(args: readonly string[]): Promise<number> {
  try {
    const values = parsed(args);
    const options = optionsOf(values);
    // Read once: standard input cannot be read again.
    const replay = values.replay === undefined ? undefined : readSaying(values.replay);
    const words = progressWords();
    const line = process.stderr.isTTY && values.quiet !== true ? progressLine('source') : undefined;
    const report = await untilSignal((signal) =>
      runLoad({
        ...options,
        signal,
        // Each real message once, unless it is said how many.
        ...(replay === undefined ? {} : { replay }),
        ...(replay === undefined || values.messages !== undefined || options.messages === 0
          ? {}
          : { messages: replay.messages.length }),
        ...(line === undefined ? {} : { progress: (now: SourceProgress) => line.show(words(now)) }),
      }),
    ).finally(() => line?.clear());
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return judged(report);
  } catch (error) {
    if (error instanceof ToolUsage) {
      process.stderr.write(`tqmail source: ${error.message}\n${usageLine('source')}\n`);
      return 64;
    }
    process.stderr.write(`tqmail source: ${(error as Error).message}\n`);
    return 111;
  }
}

/** The exit code, with a word on standard error where the object alone could be overlooked. */
function judged(report: SourceReport): number {
  if (report.ended === 'interrupted') return exitInterrupted;
  if (report.connections === 0) {
    const why = report.firstTrouble ?? 'no connection was ready before the time was over';
    const hint = /^(?:connect|getaddrinfo|no answer) /.test(why) ? '; is the server there?' : '';
    process.stderr.write(`tqmail source: nothing sent: ${why}${hint}\n`);
    return 111;
  }
  if (report.ledgerTrouble !== null) {
    process.stderr.write(`tqmail source: ${report.ledgerTrouble}\n`);
    return 1;
  }
  if (report.failedConnections > 0)
    process.stderr.write(
      `tqmail source: ${report.failedConnections} connections failed; the first trouble: ${report.firstTrouble}\n`,
    );
  const behind = behindWords(report);
  if (behind !== undefined) process.stderr.write(`tqmail source: ${behind}\n`);
  const why = report.ended === 'duration' ? 'the time is over' : report.firstTrouble;
  if (report.unsent > 0) process.stderr.write(`tqmail source: ${report.unsent} not sent: ${why}\n`);
  return report.accepted === report.messages && report.refusedRecipients === 0 ? 0 : 1;
}

/** Seconds, and share of the planned time, that an open loop may take longer before that is said. */
const spareSeconds = 1;
const spareShare = 0.05;
/** A thread that waits less than this share of its time is at its end. */
const mostBusy = 0.9;

/** Undefined where the planned rate was kept: then the achieved one is the planned one, whatever the latencies were. */
export function behindWords({ planned, seconds, overdue, messages, perSecond, busy, lateMs }: SourceReport): string | undefined {
  if (planned === null) return undefined;
  const spare = Math.max(spareSeconds, planned.seconds * spareShare);
  if (seconds <= planned.seconds + spare && overdue <= planned.perSecond * spare) return undefined;
  const average = Math.round(((messages - 1) * 10) / Math.max(planned.seconds, 0.001)) / 10;
  const why =
    busy > mostBusy
      ? `the source itself was busy ${Math.round(busy * 100)} % of the time (--threads)`
      : 'all its sessions waited for the server (more --sessions, or the server is at its end)';
  const late = lateMs === null ? '' : `, messages were begun up to ${(lateMs.max / 1000).toFixed(1)} s late`;
  return `the planned rate was not kept: ${perSecond}/s of ${average}/s${late}; ${why}`;
}

/** A program that wraps this one passes on what the terminal has sent already: one Ctrl-C may come twice. */
const sameSignalMs = 1_000;

/** INT or TERM end the run, and its figures are printed all the same; another one later ends the process. */
async function untilSignal<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const wanted = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const leave = (): void => {
    for (const name of signals) process.off(name, interrupt);
  };
  let firstAt: number | undefined;
  const interrupt = (): void => {
    firstAt ??= performance.now();
    if (performance.now() - firstAt > sameSignalMs) process.exit(exitInterrupted);
    wanted.abort();
  };
  for (const name of signals) process.on(name, interrupt);
  return run(wanted.signal).finally(leave);
}

/** The messages that will be sent in turn; says so when some are left out. */
function readSaying(place: string): Replay {
  const replay = readReplay(place);
  const { messages, leftOut, withNul, empty } = replay;
  if (empty > 0) process.stderr.write(`tqmail source: ${place}: ${empty} without a line are left out\n`);
  if (withNul > 0) {
    process.stderr.write(`tqmail source: ${place}: ${withNul} with NUL octets are left out, SMTP does not carry them\n`);
  }
  if (leftOut > 0) {
    process.stderr.write(
      `tqmail source: ${place}: ${leftOut} messages are left out, ${messages.length} are as many as can be held\n`,
    );
  }
  return replay;
}

/** Says what `SourceProgress` is, with the rate since it was last asked beside that of the whole run. */
export function progressWords(): (now: SourceProgress) => string {
  let before = { accepted: 0, seconds: 0 };
  return ({ accepted, refused, messages, connections, seconds }) => {
    const rate = (count: number, span: number): number => Math.round(count / Math.max(span, 0.001));
    const now = rate(accepted - before.accepted, seconds - before.seconds);
    before = { accepted, seconds };
    const bad = refused === 0 ? '' : `, ${refused} refused`;
    const all = messages === 0 ? '' : ` of ${messages}`;
    return `${accepted}${all} accepted${bad}, ${now}/s now, ${rate(accepted, seconds)}/s in all, ${connections} connections, ${seconds.toFixed(0)} s`;
  };
}
