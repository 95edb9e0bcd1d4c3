/** A Maildir of many messages for a POP3 server to serve, and whose it is. Old enough to be listed at once. */
import { chownSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface BenchMailbox {
  readonly user: string;
  readonly password: string;
  readonly uid: number;
  readonly gid: number;
  /** The Maildir is below it. */
  readonly home: string;
  readonly messages: number;
  /** Octets that the answer to a RETR has at least: lines end CR LF there. */
  readonly least: number;
}

const nobody = 65_534;
const lineOctets = 72;

export function makeMailbox(dir: string, messages: number, size: number): BenchMailbox {
  const asRoot = process.getuid?.() === 0;
  const uid = asRoot ? nobody : (process.getuid?.() ?? nobody);
  const gid = asRoot ? nobody : (process.getgid?.() ?? nobody);
  const home = path.join(dir, 'user');
  const folders = [home, ...['', 'new', 'cur', 'tmp'].map((name) => path.join(home, 'Maildir', name))];
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o755 });
  const line = `${'x'.repeat(lineOctets - 1)}\n`;
  const body = line.repeat(Math.ceil(size / lineOctets));
  for (let n = 0; n < messages; n++) {
    const file = path.join(home, 'Maildir', 'cur', `${1_600_000_000 + n}.${n}.bench:2,S`);
    writeFileSync(file, `Subject: ${n}\nFrom: a@b.example\n\n${body}`);
    utimesSync(file, 1_600_000_000 + n, 1_600_000_000 + n);
    chownSync(file, uid, gid);
  }
  for (const folder of folders) chownSync(folder, uid, gid);
  const least = body.length + body.length / lineOctets;
  return { user: 'bench', password: 'secret', uid, gid, home, messages, least };
}
