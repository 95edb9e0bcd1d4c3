/**
 * inject: takes messages from local programs over run/queue.sock and has them queued. The programs
 * (qmail-queue, qmail-inject, sendmail) get qmail-queue's exit codes.
 */
import { createBodyFile } from '../../store/body-file.js';
import { type Actor, type ActorContext, isUnanswered } from '../kernel/actor.js';
import type { Submission, Submitted } from '../messages.js';
import { type QueueSocket, serveQueueSocket } from './queue-socket.js';

const graceMs = 30_000;

/** `path` undefined: this thread serves no socket. */
export function createInject(context: ActorContext<'inject'>, path: string | undefined, spillLimit: number): Actor<'inject'> {
  const { peers, clock, queueDir } = context;
  let socket: QueueSocket | undefined;
  let accepted = 0;

  const submit = async (submission: Submission): Promise<Submitted> => {
    const answer = await peers.queue.ask('submit', submission);
    if (isUnanswered(answer)) return { tag: 'refused', why: 'storage', text: 'the queue did not answer' };
    if (answer.tag === 'accepted') accepted += 1;
    return answer;
  };
  return {
    handlers: {},
    async start() {
      if (path === undefined) return;
      const make = (): ReturnType<typeof createBodyFile> => createBodyFile(queueDir);
      socket = await serveQueueSocket({ path, submit, createBodyFile: make, spillLimit, now: () => clock.now() });
    },
    async drain() {
      await socket?.close(graceMs);
      socket = undefined;
    },
    async stop() {
      await socket?.close(0);
    },
    counters: () => ({ 'inject.accepted': accepted }),
  };
}
