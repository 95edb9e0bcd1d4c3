/**
 * One local user with a Maildir for a private tqmail home: an assigned user when root starts the server
 * (deliveries then run as nobody), else an account of our own uid in a passwd file.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assignToRecords } from '../../src/protocol/assign.js';
import { cdbWrite } from '../../src/protocol/cdb.js';

export interface Mailbox {
  /** The Maildir's `new`. */
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

const nobody = 65_534;

export function prepareMailbox(home: string, userHome: string): Mailbox {
  const asRoot = process.getuid?.() === 0;
  const uid = asRoot ? nobody : (process.getuid?.() ?? nobody);
  const gid = asRoot ? nobody : (process.getgid?.() ?? nobody);
  const maildir = path.join(userHome, 'Maildir');
  const folders = [userHome, maildir, ...['tmp', 'new', 'cur'].map((name) => path.join(maildir, name))];
  for (const folder of folders) mkdirSync(folder, { mode: folder === userHome ? 0o755 : 0o700 });
  const instructions = path.join(userHome, '.qmail');
  writeFileSync(instructions, './Maildir/\n', { mode: 0o644 });
  for (const place of [...folders, instructions]) chownSync(place, uid, gid);
  const folder = path.join(maildir, 'new');
  if (!asRoot) {
    const passwd = path.join(home, 'bench.passwd');
    writeFileSync(passwd, `u:x:${uid}:${gid}::${userHome}:/bin/sh\n`);
    return { folder, environment: { TQMAIL_PASSWD: passwd } };
  }
  const assigned = assignToRecords(`=u:nobody:${uid}:${gid}:${userHome}:::\n.\n`);
  if (!assigned.ok) throw new Error(`users/assign: ${assigned.text}`);
  mkdirSync(path.join(home, 'users'), { recursive: true });
  writeFileSync(path.join(home, 'users', 'cdb'), cdbWrite(assigned.records));
  return { folder, environment: {} };
}
