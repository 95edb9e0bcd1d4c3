/**
 * A connected net.Socket becomes a LeanSocket, and the other way round for what needs Node's own sockets (TLS): for
 * connections that we made. Where handles are not as expected there is no LeanSocket, and the socket goes on.
 */
import type { Socket } from 'node:net';
import { LeanSocket } from './lean-socket.js';
import { isStreamHandle, type StreamRequests, streamRequests } from './stream-handle.js';

/** What net.Socket keeps for itself. */
interface InnerSocket {
  _handle?: object | null;
}

let requests: StreamRequests | undefined;

/** Takes the handle of a connected socket that is paused and has read nothing; the socket is an empty shell then. */
export function leanSocketOf(socket: Socket): LeanSocket | undefined {
  const inner = socket as unknown as InnerSocket;
  const handle = inner._handle;
  requests ??= streamRequests();
  if (handle === null || handle === undefined || requests === undefined || !isStreamHandle(handle)) return undefined;
  inner._handle = null;
  return new LeanSocket(handle, requests, () => undefined);
}

/** Gives the handle back to the socket that it came from, with nothing read ahead. False: the connection is over. */
export function giveBack(lean: LeanSocket, socket: Socket): boolean {
  const handle = lean.release();
  if (handle === undefined) return false;
  (socket as unknown as InnerSocket)._handle = handle;
  return true;
}
