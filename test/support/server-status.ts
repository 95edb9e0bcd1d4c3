/**
 * What a running server says of itself, asked through its control socket as `tqmail status` does.
 */
import { askNode } from '../../src/cli/control/client.js';
import type { ControlVerb, NodeStatus } from '../../src/cli/control/messages.js';
import { until } from './server-home.js';
import type { ServerProcess } from './server-process.js';

export interface Status {
  readonly nodePid: number;
  readonly threads: Readonly<Record<string, number>>;
  readonly full: boolean;
  readonly counters: Readonly<Record<string, number | string>>;
}

/** Undefined while no node answers. */
export async function statusOf({ home }: ServerProcess): Promise<Status | undefined> {
  const answer = await askNode(home.path, { verb: 'status' });
  if (answer?.tag !== 'done') return undefined;
  const { nodePid, node } = answer.value as NodeStatus;
  return { nodePid, ...(node as Omit<Status, 'nodePid'>) };
}

/** Throws unless the node did what it was asked. */
async function tell({ home }: ServerProcess, verb: ControlVerb): Promise<void> {
  const answer = await askNode(home.path, { verb });
  if (answer?.tag !== 'done') throw new Error(`${verb}: ${answer?.text ?? 'nobody answers'}`);
}

/** Waits until the queue is empty; deferred mail is made due again and again, so that no retry time is waited for. */
export async function drained(server: ServerProcess, limitMs = 60_000): Promise<void> {
  let looks = 0;
  await until('the queue is empty', limitMs, async () => {
    looks += 1;
    if (looks % 10 === 0) await tell(server, 'doqueue').catch(() => undefined);
    return (await statusOf(server))?.counters['queue.messages'] === 0;
  });
}
