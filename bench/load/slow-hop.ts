/**
 * A next hop that answers slowly: every octet from the real one behind it comes some time later.
 * Runs in the bench's own process; nobody's CPU is counted for it.
 */
import net, { type Socket } from 'node:net';

export interface SlowHop {
  readonly port: number;
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
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
