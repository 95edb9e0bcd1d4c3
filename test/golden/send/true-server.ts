/** A server as true processes: bin/qmail-start, asked over its control socket, ended by SIGTERM. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { NodeReport } from '../../../src/actors/node-api.js';
import { askNode } from '../../../src/cli/control/client.js';
import type { NodeStatus } from '../../../src/cli/control/messages.js';
import type { Tools } from '../runner/adapter.js';
import { environmentOf } from '../runner/own-process.js';
import type { Served } from './served.js';

const startMs = 30_000;
const reloadMs = 500;
const alarmMs = 5_000;

export interface TrueServer {
  readonly home: string;
  readonly defaultDelivery: string;
  /** Path of a passwd file; counts without root only. */
  readonly passwd: string;
}

/** Resolves when the server answers. */
export async function trueServer({ home, defaultDelivery, passwd }: TrueServer, tools: Tools): Promise<Served> {
  const env = { ...environmentOf({ env: { TQMAIL_PASSWD: passwd } }, home) };
  const child = spawn(join(home, 'bin/qmail-start'), [defaultDelivery], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const closed = once(child, 'close');
  const parts = { log: '', errors: '' };
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    parts.log += text;
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    parts.errors += text;
  });
  tools.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  });
  const status = async (): Promise<NodeReport | undefined> => {
    const answer = await askNode(home, { verb: 'status' });
    return answer?.tag === 'done' ? ((answer.value as NodeStatus).node as NodeReport) : undefined;
  };
  for (const end = Date.now() + startMs; (await status()) === undefined; await wait(20)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`the server does not start: ${parts.errors}${parts.log}`);
  }
  const deliveries = (): number => parts.log.split('\nstarting delivery ').length;
  const log = (): string[] => parts.log.split('\n').slice(0, -1);
  return {
    figures: async () => {
      const counters = (await status())?.counters ?? {};
      return { log: log(), messages: Number(counters['queue.messages'] ?? -1), jobs: Number(counters['send.jobs'] ?? -1) };
    },
    signal: async (signal) => {
      const before = deliveries();
      child.kill(signal);
      // A signal is answered by nobody: an alarm shows in the log, a reload takes a moment to be everywhere.
      if (signal === 'SIGHUP') await wait(reloadMs);
      else for (const end = Date.now() + alarmMs; deliveries() === before && Date.now() < end; ) await wait(10);
    },
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      await closed;
      if (code !== 0 || parts.errors !== '') throw new Error(`the server ended with ${code}: ${parts.errors}`);
      const exported = await tools.invoke({ program: 'tqmail', args: ['queue', '--export', 'qmail'], own: true });
      if (exported.exit !== 0) throw new Error(exported.stderr);
      return { log: log(), exported: exported.stdout.split('\n').slice(0, -1) };
    },
  };
}
