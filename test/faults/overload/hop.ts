/**
 * Next hops of the overload tests: one that takes everything and keeps nothing, and sockets that only stand there.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Ending } from '../../support/server-home.js';

interface Hop {
  readonly port: number;
  /** Messages taken so far, connections made so far, and those open now. */
  readonly counts: { messages: number; connections: number; open: number };
}

/** A server whose every connection is given to `serve`; `ending` closes it. */
async function startHop(ending: Ending, serve: (socket: Socket, counts: Hop['counts']) => void): Promise<Hop> {
  const sockets = new Set<Socket>();
  const counts = { messages: 0, connections: 0, open: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    counts.connections += 1;
    counts.open += 1;
    socket.on('error', () => undefined);
    socket.once('close', () => {
      counts.open -= 1;
      sockets.delete(socket);
    });
    serve(socket, counts);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 });
  await once(server, 'listening');
  ending.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, counts };
}

/** Speaks SMTP one command after another, counts messages and forgets them. `recipient`: its answer to every RCPT. */
export function startGulf(ending: Ending, recipient = '250 ok'): Promise<Hop> {
  return startHop(ending, (socket, counts) => {
    let inBody = false;
    let tail = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      let left = tail + text;
      let out = '';
      for (;;) {
        if (inBody) {
          const end = left.startsWith('.\r\n') ? 0 : left.indexOf('\r\n.\r\n');
          if (end < 0) break;
          left = left.slice(end + (left.startsWith('.\r\n') ? 3 : 5));
          inBody = false;
          counts.messages += 1;
          out += '250 taken\r\n';
        } else {
          const end = left.indexOf('\r\n');
          if (end < 0) break;
          const verb = left.slice(0, 4).toUpperCase();
          left = left.slice(end + 2);
          if (verb === 'DATA') {
            inBody = true;
            // The body may begin with the line that ends it.
            out += '354 go\r\n';
          } else if (verb === 'RCPT') out += `${recipient}\r\n`;
          else if (verb === 'EHLO') out += '250-gulf.test\r\n250 PIPELINING\r\n';
          else if (verb === 'QUIT') out += '221 bye\r\n';
          else out += '250 ok\r\n';
        }
      }
      tail = inBody ? left.slice(-4) : left;
      if (out !== '') socket.write(out);
    });
    socket.write('220 gulf.test\r\n');
  });
}

/** Accepts connections and never says a word. */
export function startMute(ending: Ending): Promise<Hop> {
  return startHop(ending, (socket) => void socket.resume());
}

/** Greets and answers like any server, then reads the message one octet a second. */
export function startSipping(ending: Ending): Promise<Hop> {
  return startHop(ending, (socket) => {
    let heard = '';
    let timer: NodeJS.Timeout | undefined;
    socket.once('close', () => clearInterval(timer));
    const hear = (chunk: Buffer): void => {
      heard += chunk.toString('latin1');
      for (let end = heard.indexOf('\r\n'); end >= 0 && timer === undefined; end = heard.indexOf('\r\n')) {
        const verb = heard.slice(0, 4).toUpperCase();
        heard = heard.slice(end + 2);
        socket.write(verb === 'DATA' ? '354 go\r\n' : '250 ok\r\n');
        if (verb !== 'DATA') continue;
        socket.off('data', hear);
        socket.pause();
        timer = setInterval(() => socket.read(1), 1_000);
      }
    };
    socket.on('data', hear);
    socket.write('220 sipping.test\r\n');
  });
}
