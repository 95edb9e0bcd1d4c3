/**
 * qmail-pw2u on a passwd file whose homes exist as the case says. Homes are moved into the folder of the case. Only root
 * can give them to other uids; else the users whose home is their own get the uid of this process, and a home of somebody
 * else is one whose user has another uid.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

interface Pw2uCase extends RecordedCase {
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Texts of the files in users/. */
  readonly usersFiles: Readonly<Record<string, string>>;
  /** Existing homes below /home and their owner. */
  readonly homes: Readonly<Record<string, number>>;
}

const isRoot = process.getuid?.() === 0;
const ownUid = String(process.getuid?.() ?? 0);
const aliasHome = '/var/qmail/alias';
const aliasUid = 7790;

/** Passwd lines with the owner's uid replaced by `to` where the home is the user's own. */
function withUids(passwd: string, owners: ReadonlyMap<string, number>): string {
  if (isRoot) return passwd;
  return passwd.replace(/^([^:\n]+:[^:\n]*:)(\d+)(:[^:\n]*:[^:\n]*:)([^:\n]*)/gm, (line, front, uid, middle, home) =>
    owners.get(home) === Number(uid) ? `${front}${ownUid}${middle}${home}` : line,
  );
}

/** The recorded uid of each user back into the lines. */
function withRecordedUids(lines: string, passwd: string): string {
  if (isRoot) return lines;
  const uids = new Map(passwd.split('\n').map((line) => [line.split(':')[0] ?? '', line.split(':')[2] ?? '']));
  return lines.replace(/^([=+][^:\n]*:)([^:\n]+):(\d+):/gm, (found, front, user, uid) =>
    uid === ownUid ? `${front}${user}:${uids.get(user)}:` : found,
  );
}

export const pw2u: Adapter<Pw2uCase> = {
  file: 'misc',
  async run(test, tools) {
    const home = tools.home();
    for (const [name, text] of Object.entries(test.usersFiles)) writeFileSync(join(home, 'users', name), text, 'latin1');
    const owners = new Map<string, number>([[aliasHome, aliasUid]]);
    for (const [name, uid] of Object.entries(test.homes)) owners.set(`/home/${name}`, uid);
    for (const [path, uid] of owners) {
      mkdirSync(join(tools.folder, 'root', path), { recursive: true });
      if (isRoot) chownSync(join(tools.folder, 'root', path), uid, uid);
    }
    const input = withUids(test.stdin, owners).replace(/:(\/(?:home|var)\/)/g, `:${tools.folder}/root$1`);
    const { exit, stdout, stderr } = await tools.invoke({ program: 'qmail-pw2u', args: test.argv.slice(1), input });
    const recorded = (text: string): string => text.replaceAll(`${tools.folder}/root/`, '/');
    return { exit, stdout: withRecordedUids(recorded(stdout), test.stdin), stderr: recorded(stderr) };
  },
};
