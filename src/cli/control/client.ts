/**
 * A command's side of run/control.sock: one question, one answer, with a deadline.
 */
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { CommandTrouble, errorCode, reason } from '../complain.js';
import { controlSocket } from '../home.js';
import { receiveLines, sendLine } from '../run/json-lines.js';
import type { ControlAnswer, ControlRequest } from './messages.js';

const deadlineMs = 25_000;

/** Undefined when no node listens there. Throws CommandTrouble 111 when one does and does not answer. */
export function askNode(home: string, request: Omit<ControlRequest, 'version'>): Promise<ControlAnswer | undefined> {
  const path = controlSocket(home);
  if (isMissing(path)) return Promise.resolve(undefined);
  return new Promise((settle, fail) => {
    const socket = connect(path);
    socket.setTimeout(deadlineMs, () => socket.destroy(new Error(`no answer within ${deadlineMs / 1000} s`)));
    socket.on('error', (error) => {
      const code = errorCode(error);
      // A node that ends meanwhile is one that cannot be asked now.
      if (code !== undefined && ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code)) settle(undefined);
      else
        fail(
          new CommandTrouble(
            111,
            `${path}: ${code === 'EACCES' ? 'only root and the owner of the queue may ask' : reason(error)}`,
          ),
        );
    });
    socket.on('connect', () => {
      sendLine(socket, { version: 1, ...request } satisfies ControlRequest);
    });
    receiveLines(
      socket,
      (value) => {
        settle(value as ControlAnswer);
        socket.end();
      },
      () => settle(undefined),
    );
  });
}

/** Then there is nobody to ask, and Node's network need not be loaded. */
function isMissing(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}
