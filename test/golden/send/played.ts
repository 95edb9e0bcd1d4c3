/** Servers that a player plays: each gets a process of the pool for as long as its case lasts. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { PlayerAnswer, PlayerOrder, PlayerStart } from './player-messages.js';
import type { Served } from './served.js';

const program = fileURLToPath(new URL('./player.js', import.meta.url));
const idle: ChildProcess[] = [];
const answerMs = 30_000;

function freshPlayer(uid: number): ChildProcess {
  const identity = process.getuid?.() === 0 ? { uid, gid: uid } : {};
  // The environment is one's own: what programs inherit must not depend on who runs the cases.
  const env = { PATH: process.env.PATH, HOME: '/', LANG: 'C' };
  const child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env, ...identity });
  // The runner ends without waiting for players; they end when it does.
  child.unref();
  child.channel?.unref();
  return child;
}

function ask(child: ChildProcess, order: PlayerOrder): Promise<PlayerAnswer> {
  return new Promise((settle, fail) => {
    const over = (): void => {
      clearTimeout(timer);
      child.off('message', answered);
      child.off('exit', gone);
    };
    const answered = (answer: PlayerAnswer): void => {
      over();
      if (answer.failed === undefined) settle(answer);
      else fail(new Error(answer.failed));
    };
    const gone = (code: number | null, signal: string | null): void => {
      over();
      fail(new Error(`the player ended with ${signal ?? code}`));
    };
    const timer = setTimeout(() => {
      over();
      child.kill('SIGKILL');
      fail(new Error(`the player did not answer ${order.type} within ${answerMs / 1000} s`));
    }, answerMs);
    child.on('message', answered);
    child.once('exit', gone);
    child.send(order);
  });
}

/** `dns`: address of the name server. A player that failed is not used again. */
export async function playedServer(start: Omit<PlayerStart, 'type'>, uid: number): Promise<Served> {
  const child = idle.pop() ?? freshPlayer(uid);
  await ask(child, { type: 'start', ...start });
  return {
    figures: async () => {
      const { log = [], messages = 0, jobs = 0 } = await ask(child, { type: 'figures' });
      return { log, messages, jobs };
    },
    signal: async (signal) => void (await ask(child, { type: 'signal', signal })),
    stop: async () => {
      const { log = [], exported = [] } = await ask(child, { type: 'stop' });
      idle.push(child);
      return { log, exported };
    },
  };
}
