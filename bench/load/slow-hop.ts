/**
 * A next hop that answers slowly: every octet from the real one behind it comes some time later.
 * Runs in the bench's own process; nobody's CPU is counted for it.
 */
import net, { type Socket } from 'node:net';
import type { Hop } from '../peers/peer.js';

/** Not the address of the other hops: some servers reckon by address, and would hold the others responsible. */
const address = '127.0.0.2';

export interface SlowHop extends Hop {
  stop(): Promise<void>;
}

/** Listens on any loopback port and passes on to `behind`, replies `delayMs` late. */
export async function startSlowHop(behind: number, delayMs: number): Promise<SlowHop> {
  const sockets = new Set<Socket>();
  const server = net.createServer({ noDelay: true }, (client) => {
    const real = net.connect(behind, '127.0.0.1');
    for (const socket of [client, real]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(real);
    real.on('data', (chunk) => setTimeout(() => client.writable && client.write(chunk), delayMs));
    real.on('end', () => setTimeout(() => client.end(), delayMs));
    real.on('close', () => setTimeout(() => client.destroy(), 2 * delayMs));
    client.on('close', () => real.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const place = server.address();
  return {
    address,
    port: typeof place === 'object' && place !== null ? place.port : 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
