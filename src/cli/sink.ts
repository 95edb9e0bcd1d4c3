/**
 * `tqmail sink`: takes mail at full speed, troubles its senders as told, and shows what came; in the end it prints one
 * JSON object. For tests: what it accepts is gone.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  type ReceivedMessage,
  type Sink,
  type SinkOptions,
  type SinkReport,
  SinkRulesError,
  startSink,
} from '../actors/sink/sink.js';
import { rulesOf } from '../actors/sink/troubles.js';
import { sinkPresets } from '../protocol/sink/presets.js';
import { reason } from './complain.js';
import { usageLine } from './manual/help.js';
import { type Ended, type EndTerms, exitCodeOf, whenOver } from './sink-end.js';
import { addressAndPort, decimalNumber, ToolUsage, wholeNumber } from './tool-arguments.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const addresses = { smtp: text, smtps: text, lmtp: text, qmtp: text, http: text };
const all = {
  ...addresses,
  ...{
    keep: text,
    'max-size': text,
    threads: text,
    'ready-file': text,
    out: text,
    until: text,
    deadline: text,
    'http-name': text,
    ledger: text,
    late: text,
    rules: text,
  },
  ...{ tls: flag, 'tls-cert': text, 'tls-key': text },
  ...{ resume: flag, 'no-magic': flag, print: flag },
} as const;

type Values = ReturnType<typeof parsed>;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: all, allowPositionals: false }).values;
  } catch (error) {
    throw new ToolUsage((error as Error).message);
  }
}

/** What the command does itself. */
interface CommandOptions extends EndTerms {
  readonly readyFile?: string;
  readonly print: boolean;
}

/** Parses the words after `tqmail sink`; throws ToolUsage. */
export function sinkOptions(args: readonly string[]): SinkOptions & CommandOptions {
  const values = parsed(args);
  if (values.resume === true && values.ledger === undefined) throw new ToolUsage('--resume is for --ledger FILE');
  return {
    ...listenAt(values),
    ...shown(values),
    until: values.until === undefined ? undefined : wholeNumber('until', values.until, 0, 1, 999_999_999_999),
    deadlineMs: decimalNumber('deadline', values.deadline ?? '0', 86_400) * 1_000,
    maxSize: wholeNumber('max-size', values['max-size'], 0, 1, 2_147_483_647),
    threads: wholeNumber('threads', values.threads, 1, 1, 64),
    lateMs: wholeNumber('late', values.late, 60_000, 1, 86_400_000),
    magic: values['no-magic'] !== true,
    resume: values.resume === true,
    ...(values['http-name'] === undefined ? {} : { httpNames: namesOf(values['http-name']) }),
    ...(values['ready-file'] === undefined ? {} : { readyFile: values['ready-file'] }),
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
    ...(values.rules === undefined ? {} : { rules: rulesFrom(values.rules) }),
    ...tlsOf(values),
  };
}

/** Who looks at messages, and so what is kept. */
function shown({ keep, http, out, print = false }: Values): Pick<SinkOptions, 'keep' | 'out'> & { readonly print: boolean } {
  const looked = [http, out].some((word) => word !== undefined) || print;
  const mebibytes = wholeNumber('keep', keep, looked ? 32 : 0, 0, 65_536);
  if (out === '') throw new ToolUsage('--out wants a file or a folder');
  if (mebibytes === 0 && (out !== undefined || print)) {
    throw new ToolUsage(`--${print ? 'print' : 'out'} wants --keep above 0: a message is kept before it is shown`);
  }
  return { keep: mebibytes, print, ...(out === undefined ? {} : { out }) };
}

function namesOf(word: string): string[] {
  const names = word.split(',');
  if (names.every((name) => /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(name))) return names;
  throw new ToolUsage(`--http-name wants names without port, as mail.test,sink, not ${word}`);
}

function tlsOf(values: Values): Pick<SinkOptions, 'tls'> {
  const { 'tls-cert': cert, 'tls-key': key } = values;
  if (cert === undefined && key === undefined) return values.tls === true ? { tls: 'self-made' } : {};
  if (cert === undefined || key === undefined) throw new ToolUsage('--tls-cert and --tls-key belong together');
  return { tls: { cert: textOf('tls-cert', cert), key: textOf('tls-key', key) } };
}

function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    throw new ToolUsage(`--${option} ${file}: ${reason(error)}`);
  }
}

function listenAt(values: Values): SinkOptions {
  const given = (Object.keys(addresses) as (keyof typeof addresses)[]).filter((name) => values[name] !== undefined);
  if (given.length === 0) return { smtp: { address: '127.0.0.1', port: 2526 } };
  return Object.fromEntries(given.map((name) => [name, addressAndPort(name, values[name] ?? '', true)]));
}

function rulesFrom(word: string): string {
  if (Object.hasOwn(sinkPresets, word) && !existsSync(word)) return word;
  let octets: Buffer;
  try {
    octets = readFileSync(word);
  } catch (error) {
    const presets = Object.keys(sinkPresets).join(', ');
    throw new ToolUsage(`--rules ${word}: ${reason(error)}; nor is it one of the presets ${presets}`);
  }
  return rulesOf(octets);
}

/** The JSON object that the sink prints. */
export function sinkSummary(report: SinkReport): Record<string, unknown> {
  const { verdict, latency, ledgerTrouble, kept, ...counts } = report;
  return {
    ...counts,
    ...verdict,
    ...(latency === undefined ? {} : { latencyMs: latency }),
    ...(ledgerTrouble === undefined ? {} : { ledgerTrouble }),
    kept: kept.messages,
  };
}

export async function runSink(args: readonly string[]): Promise<number> {
  // From the first moment on: a signal during the start must not be lost.
  const told = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]).then((): Ended => 'signal');
  try {
    const { readyFile, print, until, deadlineMs, ...options } = sinkOptions(args);
    const readerGone = print ? noReader() : told;
    let troubles = 0;
    const sink = await startSink({
      ...options,
      ...(print ? { arrived: (message: ReceivedMessage) => void process.stdout.write(`${JSON.stringify(message)}\n`) } : {}),
      troubled: (words) => {
        troubles++;
        process.stderr.write(`tqmail sink: ${words}\n`);
      },
    });
    if (readyFile !== undefined) writeReady(readyFile, sink);
    else process.stderr.write(`tqmail sink: ${listenersLine(sink)}; Ctrl-C ends it\n`);
    const ended = await whenOver(sink, { until, deadlineMs }, Promise.race([told, readerGone])).finally(() => sink.close());
    const report = sink.report();
    if (ended !== 'reader') process.stdout.write(`${JSON.stringify({ ...sinkSummary(report), ended })}\n`);
    return exitCodeOf(report, { until, deadlineMs }, troubles);
  } catch (error) {
    const isUsage = error instanceof ToolUsage || error instanceof SinkRulesError;
    const where = error instanceof SinkRulesError ? `${rulesWord(args)} ` : '';
    process.stderr.write(
      `tqmail sink: ${where}${(error as Error).message}\n${error instanceof ToolUsage ? `${usageLine('sink')}\n` : ''}`,
    );
    return isUsage ? 64 : 111;
  }
}

/** The other end of a pipe was closed: `tqmail sink --print | head -1`. Rejects when nothing can be written for another reason. */
function noReader(): Promise<Ended> {
  return new Promise((resolve, reject) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') resolve('reader');
      else reject(new Error(`cannot print messages: ${reason(error)}`));
    });
  });
}

/** For a person who started it by hand. */
function listenersLine({ listeners }: Sink): string {
  const line = ({ protocol, address, port }: Sink['listeners'][number]): string => {
    const where = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    return protocol === 'http' ? `page http://${where}/` : `${protocol} ${where}`;
  };
  return listeners.map(line).join(', ');
}

function rulesWord(args: readonly string[]): string {
  return parsed(args).rules ?? '';
}

/** Appears complete or not at all. */
function writeReady(file: string, sink: Sink): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify({ pid: process.pid, listeners: sink.listeners })}\n`);
  renameSync(partial, file);
}
