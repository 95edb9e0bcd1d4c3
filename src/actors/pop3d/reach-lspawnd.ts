/** A connection to lspawnd for one mailbox. It is there but for moments: a client does not wait long for it. */
import { connect, type Socket } from 'node:net';
import { codeOf } from '../../store/octet-path.js';

/** The connection, or the code of the error. */
export function reachLspawnd(path: string): Promise<Socket | string> {
  return new Promise((settle) => {
    const socket = connect({ path, allowHalfOpen: true });
    const failed = (error: unknown): void => settle(codeOf(error));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      settle(socket);
    });
  });
}
