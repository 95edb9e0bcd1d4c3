/**
 * `npm run bench -- log`: mail through a server to a sink a domain, then `tqmail report` on the server's log: its figures
 * must be the sinks'. Exit 1 when one is not. Measures how fast the log is read; no peers.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Sink, startSink } from '../../src/actors/sink/sink.js';
import type { SourceReport } from '../../src/actors/source/options.js';
import { UsageError } from '../options.js';
import { endAllChildren, pause, startChild } from '../process/children.js';
import { readyPort } from '../process/ready.js';
import { openWorkFolder, removeWorkFolder } from '../process/work-folder.js';
import { inProject } from '../root.js';
import { type Compared, comparedFigures } from './compare.js';

export const usage = `usage: npm run bench -- log [--messages N] [--sessions N]
`;
const domains = ['a.dest.test', 'b.dest.test', 'c.dest.test'] as const;
/** Mail that stays away so long does not come. */
const silenceMs = 60_000;
const mostLogged = 16_777_216;

/** Throws UsageError. */
function logOptions(args: readonly string[]): { readonly messages: number; readonly sessions: number } {
  try {
    const options = { messages: { type: 'string' }, sessions: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const [messages, sessions] = [Number(values.messages ?? 10_000), Number(values.sessions ?? 20)];
    for (const number of [messages, sessions]) if (!(Number.isInteger(number) && number >= 1)) throw new Error('no number');
    return { messages, sessions };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export async function benchLog(args: readonly string[]): Promise<number> {
  const { messages, sessions } = logOptions(args);
  const folder = openWorkFolder();
  const sinks: Sink[] = [];
  try {
    for (const _ of domains) sinks.push(await startSink({ keep: 1, magic: false }));
    const log = path.join(folder, 'log');
    const accepted = await through(folder, log, sinks, messages, sessions);
    const report = reported(log);
    const hosts = domains.map((name, n) => ({ name, ...arrived(sinks[n] as Sink) }));
    const compared = comparedFigures(report.text, accepted, hosts);
    process.stdout.write(tableOf(compared, statSync(log).size, report.seconds));
    return compared.every(({ log: inLog, sink }) => inLog === sink) ? 0 : 1;
  } finally {
    await endAllChildren();
    for (const sink of sinks) await sink.close();
    removeWorkFolder(folder);
  }
}

/** What came, with octets as the queue counts them: on the wire each line has a CR more, and a first dot a second one. */
function arrived(sink: Sink): { readonly messages: number; readonly octets: number } {
  const { messages, bytes } = sink.report();
  const [one] = sink.messages();
  const text = one === undefined ? '' : Buffer.from(sink.raw(one.id) ?? []).toString('latin1');
  // All messages of the run have as many lines, and dots at the same places.
  const added = (text.match(/\n/g)?.length ?? 0) + (text.match(/^\./gm)?.length ?? 0);
  return { messages, octets: bytes - added * messages };
}

/** A server from start to end with the load in between; answers how many messages it accepted. */
async function through(folder: string, log: string, sinks: readonly Sink[], messages: number, sessions: number): Promise<number> {
  const home = path.join(folder, 'home');
  const tqmail = inProject('bin', 'tqmail');
  spawnSync(tqmail, ['init', home, '--me', 'mail.example.org', '--yes']);
  const control = (name: string, text: string): void => writeFileSync(path.join(home, 'control', name), text);
  control('listeners', 'smtp 127.0.0.1:0\n');
  control('rcpthosts', domains.map((name) => `${name}\n`).join(''));
  control('smtproutes', domains.map((name, n) => `${name}:[127.0.0.1]:${sinks[n]?.port()}\n`).join(''));
  const ready = path.join(home, 'bench.ready');
  const fd = openSync(log, 'w');
  const server = await startChild(tqmail, ['start', '--home', home, '--ready-file', ready], { stdout: fd });
  closeSync(fd);
  const port = await readyPort(ready, server);
  const words = ['source', '--to', `127.0.0.1:${port}`, '--messages', `${messages}`, '--sessions', `${sessions}`];
  const shares = domains.map((name, n) => `${name}:${n + 1}`).join(',');
  const load = inProject('dist', 'bench', 'load', 'tool.js');
  const source = await startChild(process.execPath, [load, ...words, '--size', '2000', '--domains', shares]);
  await source.ended;
  if (source.output.stdout.trim() === '') throw new Error(`the source failed: ${source.output.stderr}`);
  const { accepted } = JSON.parse(source.output.stdout) as SourceReport;
  await allArrive(sinks, accepted);
  await server.stop();
  return accepted;
}

/** Until everything accepted is there; throws when nothing comes any more. */
async function allArrive(sinks: readonly Sink[], accepted: number): Promise<void> {
  let before = -1;
  for (let since = Date.now(); ; await pause(50)) {
    const now = sinks.reduce((sum, sink) => sum + sink.report().messages, 0);
    if (now >= accepted) return;
    if (now !== before) since = Date.now();
    before = now;
    if (Date.now() - since > silenceMs) throw new Error(`${accepted - now} messages of ${accepted} did not arrive`);
  }
}

function reported(log: string): { readonly text: string; readonly seconds: number } {
  const begun = performance.now();
  const options = { encoding: 'utf8', maxBuffer: mostLogged } as const;
  const { status, stdout, stderr } = spawnSync(inProject('bin', 'tqmail'), ['report', '--part', 'overall,hosts', log], options);
  if (status !== 0) throw new Error(`tqmail report failed: ${stderr}`);
  return { text: stdout, seconds: (performance.now() - begun) / 1000 };
}

function tableOf(compared: readonly Compared[], octets: number, seconds: number): string {
  const width = Math.max(...compared.map(({ what }) => what.length));
  const rows = compared.map(
    ({ what, log, sink }) =>
      `${what.padEnd(width)}  ${String(log).padStart(12)}  ${String(sink).padStart(12)}  ${log === sink ? 'ok' : 'DIFFERENT'}`,
  );
  const read = `${(octets / 2 ** 20).toFixed(1)} MiB of log read in ${seconds.toFixed(1)} s`;
  return `${[`${''.padEnd(width)}  ${'report'.padStart(12)}  ${'sink'.padStart(12)}`, ...rows, read].join('\n')}\n`;
}
