/** What POP3 tests of a whole server need: passwords set as an administrator does, and sessions said at once. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { launcher } from './server-process.js';

export interface PopUser {
  readonly user: string;
  readonly password: string;
  readonly uid: number;
  readonly gid: number;
  /** The Maildir is below it. */
  readonly home: string;
  /** Kept as it is too. */
  readonly apop?: boolean;
}

export function setPassword(qmail: string, { user, password, uid, gid, home, apop }: PopUser): string {
  const args = ['passwd', user, '--home', qmail, '--uid', String(uid), '--gid', String(gid), '--maildir-home', home];
  if (apop === true) args.push('--apop');
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

/** One connection: what it said to APOP with the digest of its own greeting and `password`, and to these commands. */
export function apopSession(port: number, user: string, password: string, lines: readonly string[]): Promise<string> {
  let said = '';
  return new Promise((settle, fail) => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.on('data', (text: string) => {
      const greeted = said.includes('\n');
      said += text;
      if (greeted || !said.includes('\n')) return;
      const timestamp = /<[^>]*>/.exec(said)?.[0] ?? '';
      const digest = createHash('md5').update(`${timestamp}${password}`, 'latin1').digest('hex');
      socket.end([`APOP ${user} ${digest}`, ...lines, ''].join('\r\n'), 'latin1');
    });
    socket.once('error', fail);
    socket.once('close', () => settle(said));
  });
}

export const login = (user: string, password: string): readonly string[] => [`USER ${user}`, `PASS ${password}`];
