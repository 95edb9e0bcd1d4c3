/**
 * Reads the connections of a listener into one buffer that all connections of a thread share, instead of a new one for
 * every read: that is most of what a busy listener would throw away. net.Server offers this for no accepted socket, so
 * its handle's own hook makes them; where Node has no such hook, connections read as usual.
 */
import { type Server, Socket } from 'node:net';

/** Largest piece of input: four times as much as Node reads at once, for large messages. */
const shared = Buffer.allocUnsafeSlow(262_144);

type Bytes = (chunk: Buffer) => void;

interface ClientHandle {
  setNoDelay?(on: boolean): void;
}

/** What net.Server and net.Socket keep for themselves. */
interface InnerServer {
  _handle?: { onconnection?: (error: number, client: ClientHandle | undefined) => void } | null;
  _connections?: number;
}
interface InnerSocket {
  _handle?: { readonly fd?: number } | null;
  _server?: unknown;
  server?: unknown;
}

/** Where the octets of a socket of ours go. */
const readers = new WeakMap<Socket, { bytes: Bytes }>();

/**
 * Makes the connections of a listening server sockets of ours, and hands them to `connected` instead of emitting
 * 'connection'. They come paused. A server without such a hook goes on emitting.
 */
export function takeConnections(server: Server, connected: (socket: Socket) => void): void {
  const inner = server as unknown as InnerServer;
  const handle = inner._handle;
  if (typeof handle?.onconnection !== 'function' || typeof inner._connections !== 'number') return;
  handle.onconnection = (error, client) => {
    // Out of descriptors, most likely: the connection waits in the kernel, and the next one tries again.
    if (error !== 0 || client === undefined) return;
    client.setNoDelay?.(true);
    const socket = socketOf(client);
    // As the server does: it ends when the last of its connections is gone.
    inner._connections = (inner._connections ?? 0) + 1;
    (socket as unknown as InnerSocket)._server = server;
    (socket as unknown as InnerSocket).server = server;
    connected(socket);
  };
}

function socketOf(client: ClientHandle): Socket {
  const reader = { bytes: (): void => undefined } as { bytes: Bytes };
  const socket = new Socket({
    handle: client,
    allowHalfOpen: true,
    pauseOnCreate: true,
    onread: {
      buffer: shared,
      callback: (size: number, buffer: Uint8Array) => {
        reader.bytes((buffer as Buffer).subarray(0, size));
        return true;
      },
    },
  } as never);
  readers.set(socket, reader);
  return socket;
}

/** Its number; undefined where Node does not tell. */
export function descriptorOf(socket: Socket): number | undefined {
  return (socket as unknown as InnerSocket)._handle?.fd;
}

/** `bytes` gets views that are valid during the call only. Nothing is read before `resume`. */
export function readInto(socket: Socket, bytes: Bytes): void {
  const reader = readers.get(socket);
  if (reader !== undefined) {
    reader.bytes = bytes;
    return;
  }
  socket.on('data', bytes);
  socket.pause();
}
