/**
 * `tqmail source`: sends load to an SMTP server and prints one JSON object.
 * Every message carries a ledger mark, so that `tqmail sink` can account for it.
 */
import { parseArgs } from 'node:util';
import type { SourceOptions, SourceProgress } from '../actors/source/options.js';
import { runLoad } from '../actors/source/source.js';
import { domainMix, sizeMix } from './load/mixes.js';
import { addressAndPort, ToolUsage, wholeNumber } from './tool-arguments.js';

const usage = `usage: tqmail source --to ADDR:PORT [options]
  --messages N     how many (default 1000)       --size SIZE       octets of body (default 4096), or a mix by
  --sessions N     connections at a time (10)                      weight: 4k:80,64k:15,1m:5
  --rate R         messages a second, all together: an open loop, latency from each planned moment
  --ramp S         seconds until the rate (without one: the number of connections) is at its height
  --rcpts N        recipients a message (1)      --per-session N   messages a connection (0: no limit)
  --from ADDRESS   sender                        --rcpt ADDRESS    recipient; # stands for its number
  --domains MIX    domains of the recipients by weight: a.test:90,b.test:10
  --replay PATH    send the messages of an mbox file or a Maildir in turn
  --pipelining 0|1 use it where offered (1)      --threads N       threads that share the connections (1)
  --timeout S      seconds without an answer (60)  --deadline S    seconds until all is cut off (0: never)
  --ledger FILE    a record for each message and recipient: run number recipient a|r microseconds
  --tls            TLS from the first octet      --helo NAME       name given with EHLO
  --quiet          no line of progress on a terminal
Exit: 0 all accepted, 1 some refused, 64 usage, 111 cannot send.
`;

const text = { type: 'string' } as const;
const names = [
  'to',
  'messages',
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
  'threads',
  'ledger',
  'timeout',
  'deadline',
  'helo',
] as const;
type Values = Partial<Record<(typeof names)[number], string>> & { tls?: boolean; quiet?: boolean };

/** Parses the words after `tqmail source`; throws ToolUsage. */
export function sourceOptions(args: readonly string[]): SourceOptions {
  return optionsOf(parsed(args));
}

function optionsOf(values: Values): SourceOptions {
  if (values.to === undefined) throw new ToolUsage('--to is missing');
  const number = (name: (typeof names)[number], fallback: number, least: number, most: number): number =>
    wholeNumber(name, values[name], fallback, least, most);
  const recipients = number('rcpts', 1, 1, 100_000);
  const pattern = values.rcpt ?? 'rcpt-#@dest.test';
  if (recipients > 1 && !pattern.includes('#')) throw new ToolUsage('--rcpt needs a # when there is more than one recipient');
  const sizes = sizeMix(values.size ?? '4096');
  return {
    target: {
      ...addressAndPort('to', values.to, false),
      tls: values.tls === true,
      helohost: values.helo ?? 'source.test',
      timeout: number('timeout', 60, 1, 86_400) * 1000,
      pipelining: number('pipelining', 1, 0, 1) === 1,
    },
    messages: number('messages', 1_000, 1, 100_000_000),
    size: sizes[0]?.value ?? 0,
    sizes,
    sessions: number('sessions', 10, 1, 20_000),
    rate: number('rate', 0, 0, 1_000_000),
    rampSeconds: number('ramp', 0, 0, 86_400),
    recipients,
    perSession: number('per-session', 0, 0, 1_000_000_000),
    sender: values.from ?? 'sender@source.test',
    pattern,
    domains: values.domains === undefined ? [] : domainMix(values.domains),
    threads: number('threads', 1, 1, 64),
    deadlineSeconds: number('deadline', 0, 0, 604_800),
    ...(values.replay === undefined ? {} : { replay: values.replay }),
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
  };
}

function parsed(args: readonly string[]): Values {
  const flag = { type: 'boolean' } as const;
  const options = { ...Object.fromEntries(names.map((name) => [name, text])), tls: flag, quiet: flag } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new ToolUsage((error as Error).message);
  }
}

export async function runSource(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(usage);
    return 0;
  }
  try {
    const values = parsed(args);
    const live = process.stderr.isTTY && values.quiet !== true;
    const report = await runLoad({ ...optionsOf(values), ...(live ? { progress: showProgress } : {}) });
    if (live) process.stderr.write('\r\x1b[K');
    process.stdout.write(`${JSON.stringify(report)}\n`);
    if (report.connections === 0) {
      process.stderr.write(`tqmail source: nothing sent: ${report.firstTrouble}; is the server there?\n`);
      return 111;
    }
    return report.accepted === report.messages && report.refusedRecipients === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof ToolUsage) {
      process.stderr.write(`tqmail source: ${error.message}\n${usage}`);
      return 64;
    }
    process.stderr.write(`tqmail source: ${(error as Error).message}\n`);
    return 111;
  }
}

function showProgress({ accepted, refused, messages, connections, seconds }: SourceProgress): void {
  const rate = Math.round(accepted / Math.max(seconds, 0.001));
  const bad = refused === 0 ? '' : `, ${refused} refused`;
  const line = `${accepted} of ${messages} accepted${bad}, ${rate}/s, ${connections} connections, ${seconds.toFixed(0)} s`;
  process.stderr.write(`\r\x1b[K${line}`);
}
