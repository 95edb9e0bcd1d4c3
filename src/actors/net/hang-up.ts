/**
 * How a listener's session ends its connection: the last answer reaches the client, and a client that neither reads nor
 * closes does not keep the descriptor. What was said is the session's.
 */

import type { Clock } from '../kernel/clock.js';
import type { Connected } from './connected.js';

/** Milliseconds in which a client may read its last answer and close. */
const lingerMs = 2_000;

/** Called once. `halfClosed`: the client has closed its side already. */
export function hangUp(socket: Connected, clock: Clock, halfClosed: boolean): void {
  socket.end();
  // Closed with octets of the client unread, the connection would be reset and the last answer lost.
  socket.resume();
  const close = (): void => void socket.destroy();
  socket.once('close', clock.after(lingerMs, close));
  socket.once(halfClosed ? 'finish' : 'end', close);
}
