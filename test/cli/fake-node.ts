/**
 * A node entry for tests of the parent: startNode without actors. It listens on the first descriptor of each
 * listener and greets with its process id. It finds fault
 * with control/faulty. `$FAKE_NODE` says how it misbehaves: `fail` (cannot start), `die` (ends at once),
 * `nonsense` (says on the pipe what no node says).
 */
import { existsSync, writeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { NodeOptions, NodeReport, RunningNode } from '../../src/actors/node-api.js';
import { runNode } from '../../src/cli/start/run-node.js';

const misbehaviour = process.env.FAKE_NODE;
if (misbehaviour === 'die') process.exit(9);
if (misbehaviour === 'nonsense') for (const line of ['null', '7', '{"type":"log"}']) writeSync(3, `${line}\n`);

const idle: Omit<NodeReport, 'counters'> = {
  uptimeSeconds: 0,
  topology: 'none',
  threads: { front: 0, core: 0, remote: 0, local: 0, restarts: 0 },
  paused: false,
  draining: false,
  full: false,
  memory: 0,
};

async function startFake(options: NodeOptions): Promise<RunningNode> {
  if (misbehaviour === 'fail') throw new Error('the fake node was told to fail');
  const servers = await Promise.all(
    options.listenerFds.map(
      ({ fds }) =>
        new Promise<Server>((settle, fail) => {
          const server = createServer((socket) => socket.end(`220 ${process.pid} uid ${process.geteuid?.()}\r\n`));
          server.once('error', fail);
          server.listen({ fd: fds[0] }, () => settle(server));
        }),
    ),
  );
  let dueCalls = 0;
  return {
    status: async () => ({ ...idle, counters: { dueCalls, threads: process.env.UV_THREADPOOL_SIZE ?? '' } }),
    reload: async () => {
      const faulty = existsSync(join(options.home, 'control/faulty'));
      return { problems: faulty ? [{ file: 'control/faulty', line: 1, text: 'is no number' }] : [] };
    },
    allDue: async () => {
      dueCalls++;
    },
    flush: async () => 0,
    order: async (_what, ids) => ({ done: ids.length, busy: [], gone: 0 }),
    queuePage: async () => ({ messages: [], total: 0, todo: 0, next: undefined }),
    queuedParts: async () => [],
    pause: async () => undefined,
    cont: async () => undefined,
    stop: async () => {
      for (const server of servers) server.close();
    },
    failed: new Promise(() => undefined),
  };
}

runNode(startFake);
