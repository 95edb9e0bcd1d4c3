/**
 * The channel to a process of a user. Node believes whatever comes over it: a line that is no JSON, or one of its own words out of
 * place, throws where nobody can catch it and would end this process, which is root's. Here it ends the other one.
 */
import type { ChildProcess } from 'node:child_process';

interface ChannelHandle {
  onread?: (...values: unknown[]) => unknown;
}
type Listener = (...values: unknown[]) => unknown;

/** To be called before anything can have been read. */
export function guardChannel(child: ChildProcess): void {
  const guarded = (heard: Listener): Listener =>
    function (this: unknown, ...values: unknown[]) {
      try {
        return heard.apply(this, values);
      } catch {
        child.kill('SIGKILL');
        return undefined;
      }
    };
  const handle = handleOf(child);
  if (handle?.onread !== undefined) handle.onread = guarded(handle.onread);
  const own = child.listeners('internalMessage') as Listener[];
  child.removeAllListeners('internalMessage');
  for (const listener of own) child.on('internalMessage', guarded(listener));
}

/** Node's own part, under a name of its own. */
function handleOf(child: ChildProcess): ChannelHandle | undefined {
  const name = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  return name === undefined ? undefined : (child as unknown as Record<symbol, ChannelHandle | undefined>)[name];
}
