/**
 * The checker of recorded POP3 sessions, a program of its own: `HOME SEEN UID PROGRAM ARGS…`. It knows the account joe with the password
 * secret, also by APOP; keeps what it read; crashes for the user crash, puts temp off.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, readFileSync } from 'node:fs';

const [home = '', seen = '', uid = '', program = '', ...args] = process.argv.slice(2);

const read = readFileSync(3, 'latin1');
closeSync(3);
appendFileSync(seen, `${read}\n`, 'latin1');
const [user, given, timestamp = ''] = read.split('\0');
if (user === 'crash') process.kill(process.pid, 'SIGKILL');
if (user === 'temp') process.exit(111);
const digest = createHash('md5').update(`${timestamp}secret`).digest('hex');
if (user !== 'joe' || (given !== 'secret' && given !== digest)) process.exit(1);

const ids = uid === '' ? {} : { uid: Number(uid), gid: Number(uid) };
const child = spawn(program, args, { cwd: home, stdio: 'inherit', ...ids });
child.once('error', () => process.exit(1));
child.once('exit', (code, signal) => {
  if (signal !== null) process.kill(process.pid, signal);
  process.exit(code ?? 1);
});
