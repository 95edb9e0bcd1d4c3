/**
 * A next hop that keeps every octet of its clients, and a strict reading of them: commands that end in CR LF, messages that
 * end at CR LF . CR LF alone. Knows no message.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Ending } from '../support/server-home.js';

export interface RawSink {
  readonly port: number;
  /** What each connection carried, latin1. */
  readonly carried: string[];
}

export async function startRawSink(ending: Ending): Promise<RawSink> {
  const carried: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const index = carried.push('') - 1;
    let unread = '';
    let inData = false;
    socket.write('220 raw ESMTP\r\n');
    socket.setEncoding('latin1').on('data', (text: string) => {
      carried[index] += text;
      unread += text;
      for (;;) {
        const end = inData && !unread.startsWith('.\r\n') ? '\r\n.\r\n' : inData ? '.\r\n' : '\r\n';
        const at = unread.indexOf(end);
        if (at < 0) return;
        const line = unread.slice(0, at);
        unread = unread.slice(at + end.length);
        inData = !inData && /^DATA$/i.test(line);
        socket.write(inData ? '354 go\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
    socket.on('end', () => socket.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, carried };
}

const command = /^(?:EHLO|HELO|MAIL FROM:<[^\0\r\n]*>.*|RCPT TO:<[^\0\r\n]*>|DATA|RSET|QUIT)(?: \S+)?$/;

/** Everything that is wrong with the octets of one connection. */
export function faults(carried: string): string[] {
  const found: string[] = [];
  if (/\0/.test(carried)) found.push('NUL');
  if (/(^|[^\r])\n/.test(carried)) found.push('bare LF');
  if (/\r(?!\n)/.test(carried)) found.push('bare CR');
  for (let rest = carried; rest !== ''; ) {
    const end = rest.indexOf('\r\n');
    if (end < 0) return [...found, `no end of ${JSON.stringify(rest.slice(0, 40))}`];
    const line = rest.slice(0, end);
    rest = rest.slice(end + 2);
    if (!command.test(line)) found.push(`no command: ${JSON.stringify(line.slice(0, 60))}`);
    if (line !== 'DATA') continue;
    const dot = rest.startsWith('.\r\n') ? 0 : rest.indexOf('\r\n.\r\n') + 2;
    const message = dot === 1 ? undefined : rest.slice(0, dot + 3);
    // A connection that ends inside of a message gives it up; nobody keeps it.
    if (message === undefined) return found;
    if (/(?:^|\n)\.[^.]/.test(message.slice(0, -3))) found.push('a dot in front was not doubled');
    rest = rest.slice(message.length);
  }
  return found;
}

/** Bodies of the messages that were ended, in the order of the connection. */
export function messages(carried: string): string[] {
  return [...carried.matchAll(/\r\nDATA\r\n([\s\S]*?\r\n)\.\r\n(?=MAIL|RSET|QUIT|$)/g)].map(([, body = '']) => body);
}
