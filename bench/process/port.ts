/**
 * Loopback ports: a free one, and waiting until a server greets on one.
 * Loopback only; nothing here may reach another machine.
 */
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { pause } from './children.js';

const lowest = 10_000;
/** Fewer ports than so many are no choice: several look for one at the same time. */
const leastChoice = 2_000;
const tries = 100;

/**
 * A port of 127.0.0.1 that was free a moment ago, for servers that cannot listen on port 0. Not one that the system gives to
 * connections by itself: somebody who keeps trying such a port may be connected with himself, and then nobody can listen there.
 */
export async function freePort(): Promise<number> {
  const given = firstGivenPort();
  // Machines for load tests often give away nearly all ports: then there is no other.
  const above = given < lowest + leastChoice ? 65_536 : given;
  for (let left = tries; left > 0; left--) {
    const port = lowest + Math.floor(Math.random() * (above - lowest));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${lowest} to ${above - 1} in ${tries} tries`);
}

/** The lowest port that the system gives to a connection. */
function firstGivenPort(): number {
  try {
    return Number.parseInt(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'), 10);
  } catch {
    return 32_768;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
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
