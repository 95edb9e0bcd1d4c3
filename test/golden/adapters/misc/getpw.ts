/**
 * Recorded cases of qmail-getpw: the accounts of the recording machine as a passwd file of the case, homes with their
 * owners below the case's folder. Root alone has other uids than its own, and does not honour `$TQMAIL_PASSWD`: it runs
 * the command as an ordinary user; anybody else has one uid for all, shown as the recorded one.
 */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, RecordedCase, Tools } from '../../runner/adapter.js';

interface GetpwCase extends RecordedCase {
  readonly argv: readonly string[];
}

interface Recorded {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Home, `/` at its start; created unless `home` is `none`. */
  readonly path: string;
  readonly home: 'own' | 'foreign' | 'none';
}

const home = (name: string, uid: number, kind: Recorded['home']): Recorded => ({
  name,
  uid,
  gid: uid,
  path: `/home/${name}`,
  home: kind,
});

/** README.md and misc.md of the cases. Root's home is its own. */
const accounts: readonly Recorded[] = [
  { name: 'root', uid: 0, gid: 0, path: '/root', home: 'own' },
  { name: 'alias', uid: 7790, gid: 2108, path: '/var/qmail/alias', home: 'own' },
  home('joe', 8001, 'own'),
  home('amy', 8002, 'own'),
  home('Big', 8003, 'own'),
  home('joe-list', 8004, 'none'),
  home('nohome', 8005, 'none'),
  home('badown', 8006, 'foreign'),
];

/** Who runs the command when root runs the cases. */
const caller = 8001;
const isRoot = process.getuid?.() === 0;

/** Makes the home; answers the uid that the account has here. */
function build(base: string, { uid, path, home: kind }: Recorded): number {
  const folder = join(base, path);
  if (kind !== 'none') mkdirSync(folder, { recursive: true });
  if (!isRoot) return kind === 'foreign' ? (process.getuid?.() ?? 0) + 1 : uid === 0 ? 0 : (process.getuid?.() ?? 0);
  if (kind !== 'none') chownSync(folder, kind === 'foreign' ? 0 : uid, 0);
  return uid;
}

async function run(test: GetpwCase, tools: Tools): Promise<unknown> {
  const base = join(tools.folder, 'accounts');
  const lines = accounts.map((account) => {
    const uid = build(base, account);
    return `${account.name}:x:${uid}:${account.gid}::${join(base, account.path)}:/bin/sh\n`;
  });
  const passwd = join(tools.folder, 'passwd');
  writeFileSync(passwd, lines.join(''));
  const { exit, stdout, stderr } = await tools.invoke({
    program: 'qmail-getpw',
    args: test.argv.slice(1),
    env: { TQMAIL_PASSWD: passwd },
    uid: caller,
  });
  return { exit, stdout: asRecorded(stdout.replaceAll(base, '')), stderr };
}

/** Without root every account has the uid of who runs the tests. */
function asRecorded(fields: string): string {
  if (isRoot) return fields;
  const [name, , ...rest] = fields.split('\0');
  const uid = accounts.find((account) => account.name === name)?.uid;
  return uid === undefined ? fields : [name, uid, ...rest].join('\0');
}

export const getpw: Adapter<GetpwCase> = { file: 'misc', run };
