/**
 * Loopback ports: a free one, and waiting until a server greets on one.
 * Loopback only; nothing here may reach another machine.
 */
import net from 'node:net';
import { pause } from './children.js';

/** A port that was free a moment ago, for servers that cannot listen on port 0. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

/** Resolves when the server on the port has sent its first bytes; rejects after `limitMs`. */
export async function waitForGreeting(port: number, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const why = await greets(port);
    if (why === undefined) return;
    if (Date.now() > deadline) throw new Error(`no greeting on 127.0.0.1:${port} within ${limitMs / 1000} s: ${why}`);
    await pause(20);
  }
}

/** Undefined when it does; or why it does not. */
function greets(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const answer = (why: string | undefined): void => {
      resolve(why);
      socket.destroy();
    };
    socket.setTimeout(2_000, () => answer('it keeps silent'));
    socket.once('error', (error) => answer(error.message));
    socket.once('close', () => answer('it closed the connection'));
    socket.once('data', () => {
      socket.end('QUIT\r\n');
      socket.once('data', () => answer(undefined));
      socket.once('end', () => answer(undefined));
    });
  });
}
