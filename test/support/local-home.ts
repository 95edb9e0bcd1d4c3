/**
 * Homes for tests of local delivery: a server's home with users/cdb, and users' homes with Maildirs.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LocalDelivery } from '../../src/actors/local/deliverer-types.js';
import { assignToRecords } from '../../src/protocol/assign.js';
import { cdbWrite } from '../../src/protocol/cdb.js';

export const nonce = '0123456789abcdef';
export const hostname = 'host.example';

export interface TestUser {
  readonly name: string;
  readonly uid: number;
}

/** A server's home whose users/cdb sends `name` and `name-…` to each user; homes are below it. */
export function serverHome(t: TestContext, users: readonly TestUser[]): string {
  const home = mkdtempSync(join(tmpdir(), 'tqmail-home-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  chmodSync(home, 0o755);
  for (const name of ['users', 'control', 'run', 'queue']) mkdirSync(join(home, name));
  let assign = '';
  for (const { name, uid } of users) {
    userHome(join(home, name), uid);
    assign += `=${name}:${name}:${uid}:${uid}:${join(home, name)}:::\n+${name}-:${name}:${uid}:${uid}:${join(home, name)}:-::\n`;
  }
  const records = assignToRecords(`${assign}.\n`);
  if (!records.ok) throw new Error(records.text);
  writeFileSync(join(home, 'users', 'cdb'), cdbWrite(records.records));
  return home;
}

/** A home with a Maildir, owned by `uid`. */
function userHome(path: string, uid: number): void {
  mkdirSync(path, { mode: 0o755 });
  const own = process.getuid?.() === 0 ? uid : (process.getuid?.() ?? uid);
  for (const part of ['Maildir', 'Maildir/tmp', 'Maildir/new', 'Maildir/cur']) {
    mkdirSync(join(path, part), { mode: 0o700 });
    chownSync(join(path, part), own, own);
  }
  chownSync(path, own, own);
}

export interface Delivered {
  readonly name: string;
  readonly text: string;
}

/** Messages in a Maildir's `new/`, as latin1 text. */
export function delivered(home: string): Delivered[] {
  const folder = join(home, 'Maildir', 'new');
  return readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'latin1') }));
}

/** A delivery of a small message; what matters is overridden. */
export function delivery(recipient: string, overrides: Partial<LocalDelivery> = {}): LocalDelivery {
  return {
    id: 1,
    message: 7,
    channel: 'local',
    host: '',
    sender: 'sender@remote.example',
    recipients: [recipient],
    index: 0,
    birth: 1_700_000_000,
    unixSize: 20,
    repeated: false,
    shared: false,
    form: 'wire',
    bytes: Buffer.from('Subject: test\r\n\r\n..dots\r\n', 'latin1'),
    ...overrides,
  };
}

/** The message of `delivery` as it stands in a Maildir for `recipient`. */
export function expected(recipient: string): string {
  return `Return-Path: <sender@remote.example>\nDelivered-To: ${recipient}\nSubject: test\n\n.dots\n`;
}
