/** Folders and files of a home: there, of the right owner, closed to others. */
import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cdbRecords } from '../../protocol/cdb-records.js';
import { apopFile } from '../../store/apop-secrets.js';
import { popPasswdFile } from '../../store/mail-accounts.js';
import { reason } from '../complain.js';
import { queueFolder, runFolder } from '../home.js';
import { type CheckLine, doubtful, fault, fine } from './check-line.js';

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

export function* fileChecks(home: string): Generator<CheckLine> {
  for (const folder of [home, join(home, 'control'), queueFolder(home)]) {
    const found = lookAt(folder);
    if (typeof found === 'string') yield fault(folder, `${found}; make a home with: tqmail init ${home} --me FQDN`);
    else if (!found.isDirectory()) yield fault(folder, 'is not a folder');
    else if ((found.mode & 0o002) !== 0)
      yield fault(folder, `mode ${octal(found.mode)}: anybody can change it; run: chmod o-w ${folder}`);
  }
  yield* queueFiles(queueFolder(home));
  yield* runFiles(runFolder(home), queueFolder(home));
  yield* aliases(home);
  yield* users(home);
  yield* commands(home);
  for (const path of [popPasswdFile(home), apopFile(home)]) yield* secret(path);
}

function lookAt(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    return reason(error);
  }
}

function* queueFiles(queue: string): Generator<CheckLine> {
  const folder = lookAt(queue);
  if (typeof folder === 'string' || !folder.isDirectory()) return;
  if ((folder.mode & 0o077) !== 0) yield fault(queue, `mode ${octal(folder.mode)}, it must be 0700; run: chmod 700 ${queue}`);
  if (folder.uid === 0) yield doubtful(queue, 'belongs to root: the server runs as qmailq or nobody and takes it over');
  let wrong = 0;
  let names: string[];
  try {
    names = readdirSync(queue);
  } catch (error) {
    yield fault(queue, `${reason(error)}: only root and uid ${folder.uid} can look into it`);
    return;
  }
  for (const name of names) {
    const path = join(queue, name);
    const { uid, mode } = lstatSync(path);
    if (uid === folder.uid && (mode & 0o077) === 0) continue;
    wrong += 1;
    if (uid !== folder.uid)
      yield fault(path, `belongs to uid ${uid}, the queue to uid ${folder.uid}; run: chown ${folder.uid} ${path}`);
    else yield fault(path, `mode ${octal(mode)}: others can read it; run: chmod go= ${path}`);
  }
  // The first thing that a store writes is its data file: whatever else is there belongs to one that lost it.
  if (names.includes('marker') && !names.includes('data.mdb'))
    yield fault(
      join(queue, 'data.mdb'),
      `missing, the queue's messages were in it; put the folder ${queue} back from a copy, or move it away and run: tqmail init ${dirname(queue)} --me FQDN`,
    );
  else if (wrong === 0) yield fine(queue, `uid ${folder.uid}, ${names.length} files, closed to others`);
}

function* runFiles(run: string, queue: string): Generator<CheckLine> {
  const [found, owned] = [lookAt(run), lookAt(queue)];
  if (typeof found === 'string') yield doubtful(run, `${found}; the server makes it when it starts`);
  else if ((found.mode & 0o777) !== 0o755) yield fault(run, `mode ${octal(found.mode)}, it must be 0755; run: chmod 755 ${run}`);
  else if (typeof owned !== 'string' && found.uid !== owned.uid && owned.uid !== 0)
    yield fault(
      run,
      `belongs to uid ${found.uid}, the queue to uid ${owned.uid}, which runs the server; run: chown ${owned.uid} ${run}`,
    );
}

function* aliases(home: string): Generator<CheckLine> {
  const folder = join(home, 'alias');
  const names = ['postmaster', 'mailer-daemon', 'root'].map((name) => `.qmail-${name}`);
  const missing: string[] = [];
  let open = 0;
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    const found = lookAt(path);
    if (typeof found === 'string') {
      if (path !== folder) missing.push(basename(path));
    } else if ((found.mode & 0o002) !== 0) {
      open += 1;
      yield fault(path, `mode ${octal(found.mode)}: anybody can change it, and mail for it is deferred; run: chmod o-w ${path}`);
    }
  }
  if (missing.length > 0) yield doubtful('alias', `no ${missing.join(', ')} in ${folder}: their mail bounces`);
  else if (open === 0) yield fine('alias', 'postmaster, mailer-daemon and root have theirs');
}

/** Links into a package that was moved or removed. */
function* commands(home: string): Generator<CheckLine> {
  const folder = join(home, 'bin');
  const names = typeof lookAt(folder) === 'string' ? [] : readdirSync(folder);
  const dead = names.filter((name) => typeof lookAt(join(folder, name)) === 'string');
  if (dead.length === 0) return;
  const what = `${dead.length} links lead nowhere, ${dead[0]} for one`;
  yield fault(folder, `${what}; run: rm -r ${folder}; tqmail init ${home} --me FQDN --yes`);
}

/** Passwords, or their hashes. */
function* secret(path: string): Generator<CheckLine> {
  const found = lookAt(path);
  if (typeof found === 'string' || (found.mode & 0o077) === 0) return;
  yield fault(path, `mode ${octal(found.mode)}: passwords are in it, which others may read; run: chmod 600 ${path}`);
}

/** The table that is read is users/cdb; an older one does not know what users/assign says now. */
function* users(home: string): Generator<CheckLine> {
  const path = join(home, 'users/cdb');
  const [assign, cdb] = [lookAt(join(home, 'users/assign')), lookAt(path)];
  if (typeof cdb !== 'string') {
    const wrong = tableTrouble(path);
    if (wrong !== undefined) {
      yield fault(path, `${wrong}: all local mail is deferred; run: qmail-newu`);
      return;
    }
  }
  if (typeof assign === 'string') return;
  if (typeof cdb === 'string')
    yield doubtful('users', 'users/assign is there, users/cdb is not: it does not count; run: qmail-newu');
  else if (assign.mtimeMs > cdb.mtimeMs) yield doubtful('users', 'users/assign is newer than users/cdb; run: qmail-newu');
  else yield fine('users', 'users/cdb is as new as users/assign');
}

function tableTrouble(path: string): string | undefined {
  try {
    return cdbRecords(readFileSync(path)) === undefined ? 'is damaged' : undefined;
  } catch (error) {
    return reason(error);
  }
}
