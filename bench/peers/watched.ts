/**
 * A peer whose end is noticed: a server that ends while it is measured has lost nothing yet, it just is not there any more,
 * and nothing is to be waited for.
 */
import type { Child } from '../process/children.js';
import type { Peer, RunningPeer } from './peer.js';

export interface WatchedPeer {
  readonly peer: Peer;
  /** How it ended without having been told to; undefined while it has not. */
  gone(): string | undefined;
}

export function watched(peer: Peer): WatchedPeer {
  let how: string | undefined;
  const watch = (running: RunningPeer): RunningPeer => {
    const { server, again } = running;
    let told = false;
    server?.ended.then(({ code, signal }) => {
      if (!told) how ??= `the server ended in the middle of the run (${signal ?? `exit ${code}`})${lastWords(server)}`;
    });
    return {
      ...running,
      ...(again === undefined ? {} : { again: async () => watch(await again()) }),
      stop: () => {
        told = true;
        return running.stop();
      },
    };
  };
  return { peer: { ...peer, start: async (workload) => watch(await peer.start(workload)) }, gone: () => how };
}

function lastWords({ output }: Child): string {
  const words = output.stderr.trim().split('\n').at(-1)?.slice(-300) ?? '';
  return words === '' ? '' : `: ${words}`;
}
