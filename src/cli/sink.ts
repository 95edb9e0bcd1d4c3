/**
 * `tqmail sink`: accepts and discards mail at full speed; on TERM or INT prints one JSON object with what came.
 * For load tests: what it accepts is gone.
 */
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SinkRules, SinkRulesError } from '../actors/sink/rules.js';
import { type Sink, type SinkOptions, type SinkReport, startSink } from '../actors/sink/sink.js';
import { addressAndPort, ToolUsage } from './tool-arguments.js';

const usage = `usage: tqmail sink [--smtp ADDR:PORT] [--http ADDR:PORT] [options]
  --smtp ADDR:PORT    listen for SMTP (default 127.0.0.1:2526; port 0 = any)
  --http ADDR:PORT    answer any HTTP request with 200
  --ready-file FILE   write the pid and the listeners there when all are open
  --ledger FILE       a record for each arrival: run number recipient i|x microseconds
  --rules FILE        refusals: lines "mail|rcpt|data|end[/n] pattern 4xx|5xx|drop text"
Exit: 0 after TERM or INT, 64 usage, 111 cannot start.
`;

const text = { type: 'string' } as const;

/** Parses the words after `tqmail sink`; throws ToolUsage, or SinkRulesError for the rules file. */
export function sinkOptions(args: readonly string[]): SinkOptions & { readonly readyFile?: string } {
  const values = parsed(args);
  const smtp = values.smtp ?? (values.http === undefined ? '127.0.0.1:2526' : undefined);
  return {
    ...(smtp === undefined ? {} : { smtp: addressAndPort('smtp', smtp, true) }),
    ...(values.http === undefined ? {} : { http: addressAndPort('http', values.http, true) }),
    ...(values['ready-file'] === undefined ? {} : { readyFile: values['ready-file'] }),
    ...(values.ledger === undefined ? {} : { ledger: values.ledger }),
    ...(values.rules === undefined ? {} : { rules: rulesFrom(values.rules) }),
  };
}

function parsed(args: readonly string[]): Partial<Record<'smtp' | 'http' | 'ready-file' | 'ledger' | 'rules', string>> {
  const options = { smtp: text, http: text, 'ready-file': text, ledger: text, rules: text };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new ToolUsage((error as Error).message);
  }
}

function rulesFrom(file: string): SinkRules {
  try {
    return new SinkRules(readFileSync(file, 'latin1'));
  } catch (error) {
    throw new ToolUsage(error instanceof SinkRulesError ? `${file} ${error.message}` : (error as Error).message);
  }
}

/** The JSON object that the sink prints. */
export function sinkSummary(report: SinkReport): Record<string, number> {
  const { verdict, ...counts } = report;
  return { ...counts, ...verdict };
}

export async function runSink(args: readonly string[]): Promise<number> {
  // From the first moment on: a signal during the start must not be lost.
  const told = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  try {
    const { readyFile, ...options } = sinkOptions(args);
    const sink = await startSink(options);
    if (readyFile !== undefined) writeReady(readyFile, sink);
    await told;
    await sink.close();
    process.stdout.write(`${JSON.stringify(sinkSummary(sink.report()))}\n`);
    return 0;
  } catch (error) {
    const isUsage = error instanceof ToolUsage;
    process.stderr.write(`tqmail sink: ${(error as Error).message}\n${isUsage ? usage : ''}`);
    return isUsage ? 64 : 111;
  }
}

/** Appears complete or not at all. */
function writeReady(file: string, sink: Sink): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify({ pid: process.pid, listeners: sink.listeners })}\n`);
  renameSync(partial, file);
}
