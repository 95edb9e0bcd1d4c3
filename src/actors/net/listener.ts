/**
 * A listening socket of one thread: an inherited descriptor, or an address (tests). Sockets come paused
 * and are handed over as they are; what is spoken on them is not known here.
 */
import { createServer, type Server } from 'node:net';
import type { Connected } from './connected.js';
import { takeConnections } from './read-into.js';

export type ListenAt = { readonly fd: number } | { readonly address: string; readonly port: number };

/** Connections that the kernel keeps for a listener that is busy or restarting. */
const backlog = 4_096;

export interface Listener {
  /** The port in use; 0 for an inherited descriptor of another kind. */
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with the system's error (EADDRINUSE, EACCES …). */
export function listen(at: ListenAt, connected: (socket: Connected) => void): Promise<Listener> {
  // A client may close its side and still wait for its answer.
  const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, connected);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen('fd' in at ? { fd: at.fd, backlog } : { host: at.address, port: at.port, backlog }, () => {
      server.off('error', reject);
      takeConnections(server, connected);
      // An accept that fails (no descriptors left) is tried again by the next connection.
      server.on('error', () => undefined);
      resolve({ port: portOf(server), close: () => closed(server) });
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
