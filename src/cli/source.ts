/**
 * `tqmail source`: sends load to an SMTP server and prints one JSON object.
 * Every message carries a ledger mark, so that `tqmail sink` can account for it.
 */
import { parseArgs } from 'node:util';
import { runLoad, type SourceOptions } from '../actors/source/source.js';
import { addressAndPort, ToolUsage, wholeNumber } from './tool-arguments.js';

const usage = `usage: tqmail source --to ADDR:PORT [options]
  --messages N     how many (default 1000)       --size BYTES      octets of body (default 4096)
  --sessions N     connections at a time (10)    --rate R          messages a second, all together
  --rcpts N        recipients a message (1)      --per-session N   messages a connection (0: no limit)
  --from ADDRESS   sender                        --rcpt ADDRESS    recipient; # stands for its number
  --ledger FILE    a record for each message and recipient: run number recipient a|r microseconds
  --tls            TLS from the first octet      --timeout S       seconds without an answer (300)
  --helo NAME      name given with EHLO
Exit: 0 all accepted, 1 some refused, 64 usage, 111 cannot send.
`;

const text = { type: 'string' } as const;
const names = [
  'to',
  'messages',
  'size',
  'sessions',
  'rate',
  'rcpts',
  'per-session',
  'from',
  'rcpt',
  'ledger',
  'timeout',
  'helo',
] as const;

/** Parses the words after `tqmail source`; throws ToolUsage. */
export function sourceOptions(args: readonly string[]): SourceOptions {
  const values = parsed(args);
  if (values.to === undefined) throw new ToolUsage('--to is missing');
  const number = (name: (typeof names)[number], fallback: number, least: number, most: number): number =>
    wholeNumber(name, values[name], fallback, least, most);
  const recipients = number('rcpts', 1, 1, 100_000);
  const pattern = values.rcpt ?? 'rcpt-#@dest.test';
  if (recipients > 1 && !pattern.includes('#')) throw new ToolUsage('--rcpt needs a # when there is more than one recipient');
  return {
    target: {
      ...addressAndPort('to', values.to, false),
      tls: values.tls === true,
      helohost: values.helo ?? 'source.test',
      timeout: number('timeout', 300, 1, 86_400) * 1000,
    },
    messages: number('messages', 1_000, 1, 100_000_000),
    size: number('size', 4_096, 0, 1_073_741_824),
    sessions: number('sessions', 10, 1, 20_000),
    rate: number('rate', 0, 0, 1_000_000),
    recipients,
    perSession: number('per-session', 0, 0, 1_000_000_000),
    sender: values.from ?? 'sender@source.test',
    pattern,
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
  };
}

function parsed(args: readonly string[]): Partial<Record<(typeof names)[number], string>> & { tls?: boolean } {
  const options = { ...Object.fromEntries(names.map((name) => [name, text])), tls: { type: 'boolean' } } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new ToolUsage((error as Error).message);
  }
}

export async function runSource(args: readonly string[]): Promise<number> {
  try {
    const report = await runLoad(sourceOptions(args));
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
