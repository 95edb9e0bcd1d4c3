/**
 * Postfix's own load pair: smtp-source sends, smtp-sink counts transactions.
 * It knows nothing of single messages: arrival is by count only.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../process/children.js';
import { freePort, waitForGreeting } from '../process/port.js';
import { type Load, nowUs, type SinkOrder, type SinkRun, type SourceOrder, type SourceRun } from './load.js';

const source = '/usr/sbin/smtp-source';
const sink = '/usr/sbin/smtp-sink';

export const postfixLoad: Load = {
  missing: () => [source, sink].filter((file) => !existsSync(file)).map((file) => `not installed (no ${file})`)[0] ?? '',
  startSink,
  startSource,
};

async function startSink(dir: string, order: SinkOrder = {}): Promise<SinkRun> {
  if (order.rules !== undefined) throw new Error('smtp-sink takes no rules: use --load tqmail');
  const port = order.port || (await freePort());
  const file = path.join(dir, 'smtp-sink.out');
  const written = openSync(file, 'w');
  const asNobody = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  // It refuses to run without a writable root; -c rewrites one counter line on stdout as mail arrives.
  const child = await startChild(sink, [...asNobody, '-c', `127.0.0.1:${port}`, '1024'], { stdout: written });
  closeSync(written);
  await waitForGreeting(port, 10_000);
  const tail = openSync(file, 'r');
  let final: number | undefined;
  return {
    port,
    pid: child.pid,
    countsRecipients: false,
    arrived: () => final ?? lastCount(tail),
    async stop() {
      if (final !== undefined) return;
      await child.stop();
      final = lastCount(tail);
      closeSync(tail);
    },
  };
}

/** The number in the last complete counter of the file. */
function lastCount(descriptor: number): number {
  const size = fstatSync(descriptor).size;
  const buffer = Buffer.alloc(Math.min(256, size));
  readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
  const counters = [...buffer.toString('latin1').matchAll(/mesg=\s*(\d+)\s/g)];
  return Number(counters.at(-1)?.[1] ?? 0);
}

async function startSource(order: SourceOrder): Promise<SourceRun> {
  const args = ['-s', `${Math.min(order.sessions, order.messages)}`, '-l', `${order.size}`, '-m', `${order.messages}`];
  args.push('-f', order.sender ?? 'sender@source.test', '-t', order.recipient ?? 'rcpt@dest.test');
  if (order.keep) args.push('-d');
  if (order.rcpts > 1) args.push('-r', `${order.rcpts}`);
  args.push(`127.0.0.1:${order.port}`);
  const firstUs = nowUs();
  const child = await startChild(source, args);
  const sent = child.ended.then(({ code, signal }) => {
    if (code !== 0) throw new Error(`smtp-source failed: ${child.output.stderr.trim() || (signal ?? `exit ${code}`)}`);
    return { accepted: order.messages * order.rcpts, refused: 0, firstUs, lastUs: nowUs() };
  });
  sent.catch(() => undefined);
  return { pid: child.pid, sent, stop: () => child.stop() };
}
