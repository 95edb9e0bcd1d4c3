/**
 * One client of the torture tables: writes pieces, closes its side, and hands over everything the server said.
 * Knows no SMTP but how replies are told apart.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { soon } from '../../support/server-home.js';
import type { Piece } from './row.js';

/** A server that says nothing and closes nothing for so long has failed the row. */
const patienceMs = 10_000;

/** Last lines of replies. */
const finals = (said: string): RegExpMatchArray | [] => said.match(/^\d{3} .*\r\n/gm) ?? [];

export const codesIn = (said: string): string[] => finals(said).map((line) => line.slice(0, 3));

function* octetsOf(pieces: readonly Piece[]): Iterable<Piece> {
  for (const piece of pieces) {
    if (typeof piece === 'string') yield* piece;
    else yield piece;
  }
}

const turn = (): Promise<void> => new Promise((settle) => setImmediate(settle));

/** `how`: each piece as it stands, or octet by octet. Rejects when the server neither answers nor closes. */
export async function converse(port: number, pieces: readonly Piece[], how: 'whole' | 'octets'): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((settle) => socket.once('close', () => settle()));
  await once(socket, 'connect');
  const timer = setTimeout(() => socket.destroy(new Error('silence')), patienceMs);
  for (const piece of how === 'whole' ? pieces : octetsOf(pieces)) {
    if (typeof piece === 'number') await heard(socket, closed, () => finals(said).length >= piece);
    else if (typeof piece === 'object') await soon(piece.pauseMs);
    else if (socket.writable) {
      socket.write(piece, 'latin1');
      await turn();
    }
  }
  socket.end();
  // The server may keep its side for a moment after the last reply; its end is the end of what it says.
  await Promise.race([closed, once(socket, 'end').catch(() => undefined)]);
  socket.destroy();
  clearTimeout(timer);
  return said;
}

async function heard(socket: Socket, closed: Promise<void>, met: () => boolean): Promise<void> {
  let over = false;
  void closed.then(() => {
    over = true;
  });
  while (!met() && !over) await Promise.race([once(socket, 'data').catch(() => undefined), closed]);
}
