/**
 * users/assign and users/cdb of a new home: the aliases, and a demo user when one is wanted, get a uid that exists
 * here, so that mail for them arrives whether or not this system has an account `alias`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assignToRecords } from '../../protocol/assign.js';
import { cdbWrite } from '../../protocol/cdb.js';
import { CommandTrouble } from '../complain.js';
import type { HomeMaker } from './make-home.js';

/** Addresses that every mail host must take (RFC 5321 §4.5.1; qmail's INSTALL.alias). */
const aliases = ['postmaster', 'mailer-daemon', 'root'] as const;

/** Writes .qmail files, Maildir and assignments; `more` makes further lines for the server's `uid:gid`. Existing users/assign or users/cdb stay untouched. */
export function makeUsers(maker: HomeMaker, demo: boolean, more: (ids: string) => readonly string[] = () => []): void {
  const { home } = maker;
  if (/[:\n\0]/.test(home))
    throw new CommandTrouble(111, `${home}: a home's path must not hold a colon or a line end (users/assign)`);
  for (const name of aliases) {
    maker.file(
      `alias/.qmail-${name}`,
      './Maildir/\n',
      `mail for ${name} goes to alias/Maildir/; write &you@example.org to forward it`,
      true,
    );
  }
  maker.maildir('alias/Maildir', 'mailbox of the aliases');
  if (demo) makeDemoUser(maker);
  if (existsSync(join(home, 'users/assign')) || existsSync(join(home, 'users/cdb'))) return;
  const text = assignText(maker, demo, more);
  const parsed = assignToRecords(text);
  if (!parsed.ok) throw new CommandTrouble(111, `users/assign:${parsed.line}: ${parsed.text}`);
  maker.file('users/assign', text, 'these addresses belong to the uid of the server; run qmail-newu after a change');
  maker.file('users/cdb', Buffer.from(cdbWrite(parsed.records)).toString('latin1'), 'users/assign, compiled');
}

function makeDemoUser(maker: HomeMaker): void {
  maker.folder('demo', 0o700, 'home of the user demo', true);
  maker.file('demo/.qmail', './Maildir/\n', 'mail for demo goes to demo/Maildir/', true);
  maker.file('demo/.qmail-default', './Maildir/\n', 'mail for demo-anything too', true);
  maker.maildir('demo/Maildir', 'mailbox of the user demo');
}

function assignText({ home, identity }: HomeMaker, demo: boolean, more: (ids: string) => readonly string[]): string {
  const ids = `${identity.uid}:${identity.gid}`;
  const lines = aliases.map((name) => `=${name}:alias:${ids}:${home}/alias:-:${name}:`);
  if (demo) lines.push(`=demo:demo:${ids}:${home}/demo:::`, `+demo-:demo:${ids}:${home}/demo:-::`);
  lines.push(...more(ids));
  return `${[...lines, '.'].join('\n')}\n`;
}
