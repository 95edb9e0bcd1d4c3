/** What POP3 tests of a whole server need: passwords set as an administrator does, and sessions said at once. */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { launcher } from './server-process.js';

export interface PopUser {
  readonly user: string;
  readonly password: string;
  readonly uid: number;
  readonly gid: number;
  /** The Maildir is below it. */
  readonly home: string;
}

export function setPassword(qmail: string, { user, password, uid, gid, home }: PopUser): string {
  const args = ['passwd', user, '--home', qmail, '--uid', String(uid), '--gid', String(gid), '--maildir-home', home];
  return execFileSync(launcher, args, { input: `${password}\nmore\n`, encoding: 'latin1' });
}

/** One connection: everything at once, then no more; what the server said until it closed. */
export function popSession(port: number, lines: readonly string[]): Promise<string> {
  let said = '';
  return new Promise((settle, fail) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(lines.map((line) => `${line}\r\n`).join(''), 'latin1'));
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
    });
    socket.once('error', fail);
    socket.once('close', () => settle(said));
  });
}

export const login = (user: string, password: string): readonly string[] => [`USER ${user}`, `PASS ${password}`];
