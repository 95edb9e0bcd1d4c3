/**
 * How the parent starts the node: which descriptors it inherits, as whom it runs, and the pipe between them.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { InheritedListener } from '../../actors/node-api.js';
import type { ByteString } from '../../protocol/mail.js';
import { poolThreads } from '../pool-threads.js';
import { receiveLines, sendLine } from '../run/json-lines.js';
import type { BoundListener } from './bind.js';
import { fromNode } from './from-node.js';
import type { Identity } from './identity.js';
import { firstListenerFd, type ToNode, type ToParent } from './pipe-messages.js';

export interface NodeSpawn {
  /** Absolute path of the node's entry file. */
  readonly entry: string;
  /** The Node.js program that runs it. */
  readonly execPath: string;
  readonly home: string;
  readonly identity: Identity;
  readonly lock: number;
  readonly listeners: readonly BoundListener[];
  /** How many times each listener's descriptor is inherited. */
  readonly copies: number;
  /** Absolute path of lspawnd's socket; absent when there is no lspawnd. */
  readonly lspawndSocket?: string;
  /** In place of control/defaultdelivery. */
  readonly defaultDelivery?: ByteString;
  /** Descriptor of this process that gets the log. */
  readonly log: number;
}

/**
 * Collecting garbage on the thread that made it: the heaps are small, and waking V8's extra threads for each
 * young collection costs more CPU time than it saves (about a tenth of a relayed message).
 */
export const v8Flags: readonly string[] = ['--single-threaded-gc'];

/** Starts the node; what it says goes to `take`. */
export function spawnNode(options: NodeSpawn, take: (message: ToParent) => void): ChildProcess {
  const { identity, listeners, copies } = options;
  const sockets = listeners.flatMap(({ handle }) => Array.from({ length: copies }, () => handle.fd));
  const child = spawn(options.execPath, [...v8Flags, options.entry, options.home], {
    cwd: options.home,
    stdio: ['ignore', options.log, 'inherit', 'pipe', options.lock, ...sockets],
    // A commit in its flush holds a pool thread, and all threads of the node share the pool.
    env: { ...process.env, UV_THREADPOOL_SIZE: poolThreads(16) },
    ...(identity.drops ? { uid: identity.uid, gid: identity.gid } : {}),
  });
  if (child.pid === undefined) return child;
  const pipe = child.stdio[3] as Duplex;
  receiveLines(
    pipe,
    (value) => {
      const message = fromNode(value);
      // A node that says what no node says is not ours any more: the next one takes over.
      if (message === undefined) child.kill('SIGKILL');
      else take(message);
    },
    () => undefined,
  );
  sendLine(pipe, startMessage(options));
  return child;
}

export function tellNode(child: ChildProcess | undefined, message: ToNode): void {
  const pipe = child?.stdio?.[3] as Duplex | null | undefined;
  if (pipe !== null && pipe !== undefined) sendLine(pipe, message);
}

function startMessage({ home, listeners, copies, lspawndSocket, defaultDelivery }: NodeSpawn): ToNode {
  const inherited = listeners.map(({ protocol, address, port }, index): InheritedListener => {
    const first = firstListenerFd + index * copies;
    return { protocol, address, port, fds: Array.from({ length: copies }, (_, copy) => first + copy) };
  });
  const socket = lspawndSocket === undefined ? {} : { lspawndSocket };
  const given = defaultDelivery === undefined ? {} : { defaultDelivery };
  return { type: 'start', home, listeners: inherited, parentPid: process.pid, ...socket, ...given };
}
