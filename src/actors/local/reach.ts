/**
 * Opens lspawnd's socket, trying again for a while: at the start of the server, and when lspawnd is
 * started anew, the socket is missing for a moment, which is no reason to put mail off for minutes.
 */

import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { codeOf } from '../../store/octet-path.js';

const pause = 50;

function once(path: string): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => resolve(codeOf(error)));
  });
}

/** An open connection, or the code of the last error after `patience` milliseconds. */
export async function reach(path: string, patience: number): Promise<Socket | string> {
  const deadline = performance.now() + patience;
  for (;;) {
    const socket = await once(path);
    if (typeof socket !== 'string' || performance.now() + pause > deadline) return socket;
    await wait(pause);
  }
}
