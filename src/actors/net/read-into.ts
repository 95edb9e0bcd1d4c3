/**
 * Reads an accepted connection into one buffer that all connections of a thread share, instead of a new
 * one for every read: that is most of what a busy listener would throw away. net.Server offers this for no
 * accepted socket, so the handle moves to a socket that reads so; where that is not possible, it reads as usual.
 */
import { Socket } from 'node:net';

/** Largest piece of input: four times as much as Node reads at once, for large messages. */
const shared = Buffer.allocUnsafeSlow(262_144);

interface Accepted {
  _handle?: unknown;
  _server?: unknown;
  server?: unknown;
}

/**
 * The socket to use instead of `accepted`, which came paused and must not be touched again. `bytes` gets views
 * that are valid during the call only. Nothing is read before `resume`.
 */
export function readInto(accepted: Socket, bytes: (chunk: Buffer) => void): Socket {
  const inner = accepted as Accepted;
  const handle = inner._handle;
  if (typeof handle !== 'object' || handle === null || inner._server === undefined) {
    accepted.on('data', bytes);
    accepted.pause();
    return accepted;
  }
  const socket = new Socket({
    handle,
    allowHalfOpen: accepted.allowHalfOpen,
    onread: {
      buffer: shared,
      callback: (size: number, buffer: Uint8Array) => {
        bytes((buffer as Buffer).subarray(0, size));
        return true;
      },
    },
  } as never);
  // The server counts the new socket in place of the old one.
  (socket as Accepted)._server = inner._server;
  (socket as Accepted).server = inner.server;
  inner._handle = null;
  inner._server = null;
  return socket;
}
