/**
 * Opening and closing the sockets of a sink. Knows which connection class speaks which protocol, nothing of messages.
 */
import { createServer, type Server } from 'node:net';
import type { Connected } from '../net/connected.js';
import { takeConnections } from '../net/read-into.js';
import { SinkConnection } from './connection.js';
import type { House } from './house.js';
import type { SinkAddress, SinkListenerProtocol } from './options.js';
import { SinkPackageConnection } from './package-connection.js';

/** Most open connections of a listener; more are refused. */
const mostConnections = 20_000;
const backlog = 4_096;

export type ListenAt = SinkAddress | { readonly fd: number };

export interface OpenListener {
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with words that name the address. */
export async function openListener(
  at: ListenAt,
  protocol: Exclude<SinkListenerProtocol, 'http'>,
  house: House,
): Promise<OpenListener> {
  const sockets = new Set<Connected>();
  const connected = (socket: Connected): void => {
    if (sockets.size >= mostConnections) {
      socket.destroy();
      return;
    }
    follow(socket, sockets);
    if (protocol === 'qmtp') new SinkPackageConnection(socket, house);
    else new SinkConnection(socket, house, protocol);
  };
  const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, connected);
  const port = await listen(server, at);
  // TLS is spoken over Node's own sockets.
  if (!house.starttls && protocol !== 'smtps') takeConnections(server, connected);
  return { port, close: () => closed(server, sockets) };
}

/** Keeps a set of open sockets. */
export function follow(socket: Connected, sockets: Set<Connected>): void {
  sockets.add(socket);
  // A client that goes away in the middle is no trouble of ours; its message simply did not arrive.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
}

export function listen(server: Server, at: ListenAt): Promise<number> {
  return new Promise((resolve, reject) => {
    const where = 'fd' in at ? `descriptor ${at.fd}` : `${at.address}:${at.port}`;
    const failed = (error: Error): void => reject(new Error(`cannot listen on ${where}: ${error.message}`));
    server.once('error', failed);
    server.listen('fd' in at ? { fd: at.fd, backlog } : { host: at.address, port: at.port, backlog }, () => {
      server.off('error', failed);
      // An accept that fails (no descriptors left) is tried again by the next connection.
      server.on('error', () => undefined);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
    });
  });
}

/** Settles when nothing is open any more. */
export async function closed(server: Server, sockets: ReadonlySet<Connected>): Promise<void> {
  const gone = [...sockets].map((socket) => new Promise<void>((resolve) => socket.once('close', resolve)));
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await Promise.all([ended, ...gone]);
}
