/**
 * A connected net.Socket becomes a LeanSocket, and the other way round for what needs Node's own sockets (TLS): for
 * connections that we made. Where handles are not as expected there is no LeanSocket, and the socket goes on.
 */
import type { Socket } from 'node:net';
import type { Connected } from './connected.js';
import { LeanSocket } from './lean-socket.js';
import { isStreamHandle, streamRequests } from './stream-handle.js';

/** What net.Socket keeps for itself. */
interface InnerSocket {
  _handle?: object | null;
}

/**
 * Takes the handle of a connected socket that has read nothing, what Node read already would be lost; the socket is an empty
 * shell then. The LeanSocket is paused.
 */
export function leanSocketOf(socket: Socket): LeanSocket | undefined {
  const inner = socket as unknown as InnerSocket;
  const handle = inner._handle;
  const requests = streamRequests();
  if (handle === null || handle === undefined || requests === undefined || !isStreamHandle(handle)) return undefined;
  handle.readStop();
  inner._handle = null;
  return new LeanSocket(handle, requests, () => undefined);
}

/** The same; where handles are not as expected the socket as it is, which half closes as a LeanSocket does. */
export function leanConnection(socket: Socket): Connected {
  const lean = leanSocketOf(socket);
  if (lean === undefined) socket.allowHalfOpen = true;
  return lean ?? socket;
}

/** Gives the handle back to the socket that it came from, with nothing read ahead. False: the connection is over. */
export function giveBack(lean: LeanSocket, socket: Socket): boolean {
  const handle = lean.release();
  if (handle === undefined) return false;
  (socket as unknown as InnerSocket)._handle = handle;
  return true;
}
