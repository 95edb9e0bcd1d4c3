/**
 * Sessions over sockets that are spoilt by chance: octets changed in one of a protocol's states, sent in pieces, connections
 * cut or reset. Knows nothing of what the server makes of it.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { below, type Chance, chanceOf, mutated, oneOf } from './mutate.js';

export interface Storm {
  readonly port: number;
  readonly sessions: number;
  readonly seed: number;
  /** What is sent unchanged in front of half of the sessions: it leads into one of the states. */
  readonly states: readonly string[];
  readonly seeds: readonly string[];
  readonly words: readonly string[];
}

const atOnce = 20;

/** Sends `octets` in some pieces and ends in one of the ways in which connections end. */
async function spoilt(port: number, octets: string, chance: Chance): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.resume();
  const closed = new Promise((settle) => socket.once('close', settle));
  await Promise.race([once(socket, 'connect').catch(() => undefined), closed]);
  for (let at = 0; at < octets.length && !socket.destroyed; ) {
    const size = 1 + below(chance, chance() < 0.3 ? 5 : octets.length);
    if (socket.writable) socket.write(octets.slice(at, at + size), 'latin1');
    at += size;
    await new Promise(setImmediate);
  }
  const end = below(chance, 4);
  if (end === 0) socket.destroy();
  else if (end === 1) socket.resetAndDestroy();
  else socket.end();
  // A server that waits for more than it gets would wait for its time limit.
  if (end > 1) socket.once('end', () => socket.destroy());
  await closed;
}

export async function storm({ port, sessions, seed, states, seeds, words }: Storm): Promise<void> {
  const chance = chanceOf(seed);
  let left = sessions;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const state = chance() < 0.5 ? oneOf(chance, states) : '';
      await spoilt(port, state + mutated(oneOf(chance, seeds), chance, words, seeds), chance);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
