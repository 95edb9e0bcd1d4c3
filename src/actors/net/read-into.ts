/**
 * Takes the connections of a listener as LeanSockets, which read into one buffer and cost less than Node's own do.
 * net.Server offers this for no accepted socket, so its handle's own hook makes them; where Node has no such hook, or its
 * handles are not as expected, connections are net.Sockets and read as usual.
 */
import { type Server, Socket } from 'node:net';
import type { Bytes, Connected } from './connected.js';
import { LeanSocket } from './lean-socket.js';
import { isStreamHandle, streamRequests } from './stream-handle.js';

/** What net.Server keeps for itself. */
interface InnerServer {
  _handle?: { onconnection?: (error: number, client: object | undefined) => void } | null;
  _connections?: number;
  _emitCloseIfDrained?(): void;
}
interface InnerSocket {
  readonly _handle?: { readonly fd?: number } | null;
}

/**
 * Hands the connections of a listening server to `connected` instead of emitting 'connection'. They come paused.
 * A server without such a hook goes on emitting.
 */
export function takeConnections(server: Server, connected: (socket: Connected) => void): void {
  const inner = server as unknown as InnerServer;
  const handle = inner._handle;
  const requests = streamRequests();
  if (typeof handle?.onconnection !== 'function' || typeof inner._connections !== 'number') return;
  if (requests === undefined || typeof inner._emitCloseIfDrained !== 'function') return;
  const usual = handle.onconnection;
  // As the server does: it ends when the last of its connections is gone.
  const gone = (): void => {
    inner._connections = (inner._connections ?? 1) - 1;
    inner._emitCloseIfDrained?.();
  };
  handle.onconnection = function onconnection(this: object, error, client) {
    // Out of descriptors, most likely: the connection waits in the kernel, and the next one tries again.
    if (error !== 0 || client === undefined) return;
    if (!isStreamHandle(client)) {
      usual.call(this, error, client);
      return;
    }
    client.setNoDelay(true);
    inner._connections = (inner._connections ?? 0) + 1;
    connected(new LeanSocket(client, requests, gone));
  };
}

/** Its number; undefined where Node does not tell. */
export function descriptorOf(socket: Connected): number | undefined {
  return socket instanceof LeanSocket ? socket.descriptor : (socket as InnerSocket)._handle?.fd;
}

/** `bytes` gets views that are valid during the call only. Nothing is read before `resume`. */
export function readInto(socket: Connected, bytes: Bytes): void {
  if (socket instanceof LeanSocket) socket.readInto(bytes);
  else if (socket instanceof Socket) {
    socket.on('data', bytes);
    socket.pause();
  }
}
