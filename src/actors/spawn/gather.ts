/** Writes of one tick go to a stream together: a system call a tick instead of one a frame. Keeps their order. */
import type { Writable } from 'node:stream';

const corked = new WeakSet<Writable>();

export function gatherWrite(stream: Writable, bytes: Uint8Array): void {
  if (!corked.has(stream)) {
    corked.add(stream);
    stream.cork();
    setImmediate(() => {
      corked.delete(stream);
      stream.uncork();
    });
  }
  stream.write(bytes);
}
