/**
 * The node's side of run/control.sock (mode 0600): each connection asks once and gets one answer.
 * It never waits for ever: a connection or an answer that takes too long is given up.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { faultsAllowed, orderFault } from '../../actors/kernel/fault.js';
import type { RunningNode } from '../../actors/node-api.js';
import { reason } from '../complain.js';
import { controlSocket } from '../home.js';
import { receiveLines, sendLine } from '../run/json-lines.js';
import type { ReadyListener } from '../run/run-files.js';
import type { ControlAnswer, ControlRequest, ControlVerb, NodeStatus } from './messages.js';

export interface ControlOptions {
  readonly home: string;
  readonly node: RunningNode;
  readonly parentPid: number;
  readonly listeners: readonly ReadyListener[];
  /** Resolves to what was wrong, a line each; empty when all was reread. */
  readonly reload: () => Promise<readonly string[]>;
  readonly stop: () => void;
  readonly restart: () => void;
}

const answerMs = 20_000;
const askMs = 5_000;
/** A longer walk over the queue goes on behind its answer. */
const flushMs = 10_000;

/** Resolves when the socket answers. Rejects with the system's error. */
export function serveControl(options: ControlOptions): Promise<void> {
  const path = controlSocket(options.home);
  const answers = controlAnswers(options);
  // The lock is ours: a socket that is there belongs to nobody any more.
  rmSync(path, { force: true });
  const server = createServer((socket) => answerOne(socket, answers));
  server.maxConnections = 64;
  return new Promise((settle, fail) => {
    server.once('error', fail);
    server.listen(path, () => {
      server.off('error', fail);
      // An accept that fails (no descriptors left) is tried again by the next connection.
      server.on('error', () => undefined);
      chmodSync(path, 0o600);
      settle();
    });
  });
}

/** Messages that one request may be about. */
const mostOrdered = 1_000;

/** What ends the node is done when the answer is out. */
type Answer = ControlAnswer & { readonly afterwards?: () => void };
type Answers = Readonly<Record<ControlVerb, (request: ControlRequest) => Promise<Answer>>>;

function answerOne(socket: Socket, answers: Answers): void {
  let asked = false;
  socket.setTimeout(askMs, () => {
    if (!asked) socket.destroy();
  });
  const take = (value: unknown): void => {
    if (asked) return;
    asked = true;
    void answer(value as ControlRequest, answers).then(({ afterwards, ...result }) => {
      sendLine(socket, result);
      socket.end(afterwards);
    });
  };
  receiveLines(socket, take, () => socket.destroy());
}

async function answer(request: ControlRequest, answers: Answers): Promise<Answer> {
  const unknown = request?.version !== 1 || !Object.hasOwn(answers, request.verb);
  if (unknown || (request.verb === 'fault' && !faultsAllowed())) {
    return { tag: 'failed', text: 'the running node does not know this request; it may be of another version: tqmail restart' };
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((settle) => {
    timer = setTimeout(() => settle({ tag: 'failed', text: `no answer within ${answerMs / 1000} s` }), answerMs);
  });
  try {
    return await Promise.race([answers[request.verb](request), late]);
  } catch (error) {
    return { tag: 'failed', text: reason(error) };
  } finally {
    clearTimeout(timer);
  }
}

function controlAnswers(options: ControlOptions): Answers {
  const { node } = options;
  const startedAt = Date.now();
  let paused = false;
  const done: ControlAnswer = { tag: 'done' };
  const switchTo = async (pause: boolean): Promise<ControlAnswer> => {
    if (paused === pause) return { tag: 'already', text: pause ? 'paused already' : 'not paused' };
    await (pause ? node.pause() : node.cont());
    paused = pause;
    return done;
  };
  return {
    status: async () => {
      const value: NodeStatus = {
        running: true,
        pid: options.parentPid,
        nodePid: process.pid,
        home: options.home,
        uid: process.geteuid?.() ?? 0,
        paused,
        seconds: Math.floor((Date.now() - startedAt) / 1000),
        listeners: options.listeners,
        node: await node.status(),
      };
      return { tag: 'done', value };
    },
    reload: async () => {
      const problems = await options.reload();
      return problems.length === 0 ? done : { tag: 'failed', text: problems.join('\n') };
    },
    doqueue: async () => {
      await node.allDue();
      return done;
    },
    flush: async ({ names = [] }) => {
      const late = new Promise<undefined>((settle) => setTimeout(settle, flushMs, undefined).unref());
      return { tag: 'done', value: await Promise.race([node.flush(names.slice(0, 100)), late]) };
    },
    order: async ({ order, ids = [] }) => {
      if (order === undefined) return { tag: 'failed', text: 'no order' };
      if (ids.length > mostOrdered) return { tag: 'failed', text: `more than ${mostOrdered} messages at once` };
      return { tag: 'done', value: await node.order(order, ids) };
    },
    pause: () => switchTo(true),
    cont: () => switchTo(false),
    stop: async () => ({ ...done, afterwards: options.stop }),
    restart: async () => ({ ...done, afterwards: options.restart }),
    fault: async ({ thread = '', kind = '' }) =>
      orderFault(thread, kind) ? done : { tag: 'failed', text: `no such fault: ${kind}` },
    export: async ({ after = 0, from = 0 }) => ({ tag: 'done', value: await node.queuedParts(after, from) }),
    queue: async ({ after = 0, limit = 100 }) => ({ tag: 'done', value: await node.queuePage(after, Math.min(limit, 1000)) }),
  };
}
