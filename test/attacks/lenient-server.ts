/**
 * A broken SMTP server for negative controls: it takes any of the known false ends for the end of a message. What a harness
 * does not see here it would not see anywhere.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Ending } from '../support/server-home.js';

const falseEnd = /(?:\r\n|\r|\n|^)\.(?:\r\n|\r|\n)/;

/** `taken` gets sender and text of every message that it believes to have got. */
export async function startLenientServer(ending: Ending, taken: (sender: string, text: string) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket, taken);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

function serve(socket: Socket, taken: (sender: string, text: string) => void): void {
  let input = '';
  let sender = '';
  let inData = false;
  socket.write('220 lenient ESMTP\r\n');
  socket.setEncoding('latin1').on('data', (text: string) => {
    input += text;
    for (;;) {
      const [end] = (inData ? falseEnd : /\r?\n/).exec(input) ?? [];
      if (end === undefined) return;
      const piece = input.slice(0, input.indexOf(end));
      input = input.slice(piece.length + end.length);
      if (inData) taken(sender, piece);
      else sender = /^MAIL FROM:<([^>]*)>/i.exec(piece)?.[1] ?? sender;
      inData = !inData && /^DATA/i.test(piece);
      socket.write(inData ? '354 go\r\n' : '250 ok\r\n');
      if (/^QUIT/i.test(piece)) socket.end();
    }
  });
  socket.on('end', () => socket.end());
}
