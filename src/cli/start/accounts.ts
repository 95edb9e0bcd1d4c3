/**
 * Names of the system's accounts: uid and gid by name. `$TQMAIL_PASSWD` names another passwd file,
 * but never for a process with uid 0.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The account of that name; undefined when there is none. */
export function findAccount(name: string): Account | undefined {
  const other = process.geteuid?.() === 0 ? undefined : process.env.TQMAIL_PASSWD;
  if (other !== undefined && other !== '') return inPasswd(readFileSync(other, 'latin1'), name);
  const listed = inPasswd(readFileSync('/etc/passwd', 'latin1'), name);
  // Accounts that live elsewhere (LDAP, systemd) are only known to getent.
  return listed ?? inPasswd(spawnSync('getent', ['passwd', name], { encoding: 'latin1' }).stdout ?? '', name);
}

function inPasswd(text: string, name: string): Account | undefined {
  for (const line of text.split('\n')) {
    const [login, , uid, gid, , home] = line.split(':');
    if (login === name && uid !== undefined && gid !== undefined && /^\d+$/.test(uid) && /^\d+$/.test(gid)) {
      return { name, uid: Number(uid), gid: Number(gid), home: home ?? '/' };
    }
  }
  return undefined;
}
