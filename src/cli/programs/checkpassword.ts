/**
 * checkpassword: name and password on descriptor 3; when they are right, its arguments run as that user, in its home
 * (spec pop3.md §2). Exit codes: 1 not acceptable, 2 wrong use, 111 cannot be told now; else the program's.
 */
import { closeSync, readSync } from 'node:fs';
import type { ByteString } from '../../protocol/mail.js';
import { checkerFields, longestCheckerInput } from '../../protocol/pop3/authorization.js';
import { type MailAccount, MailAccounts, type Verdict } from '../../store/mail-accounts.js';
import { type Call, complainTo } from '../call.js';
import { exitCodeOf, runProgram } from '../child/program.js';

const unacceptable = 1;
const misuse = 2;
const temporary = 111;
const passwordDescriptor = 3;

export async function run(call: Call): Promise<number> {
  if (call.args.length === 0) return misuse;
  const fields = readFields(call);
  if (fields === undefined) return misuse;
  const verdict = await verdictOn(new MailAccounts(call.home, process.getuid?.() ?? 0), fields);
  if (verdict.tag === 'refused') return unacceptable;
  if (verdict.tag === 'account') return become(call, verdict.account);
  complainTo(call, `checkpassword: ${verdict.text}`);
  return temporary;
}

/** What comes second may be a password, or a digest of APOP: qmail-popup does not say which. */
async function verdictOn(accounts: MailAccounts, fields: readonly ByteString[]): Promise<Verdict> {
  const [user = '', secret = '', timestamp = ''] = fields;
  const mayBeDigest = /^[0-9a-f]{32}$/.test(secret) && accounts.offersApop;
  const byDigest = mayBeDigest ? accounts.verifyApop(user, secret, timestamp) : undefined;
  if (byDigest?.tag === 'account') return byDigest;
  const byPassword = await accounts.verify(user, secret);
  return byDigest?.tag === 'trouble' && byPassword.tag === 'refused' ? byDigest : byPassword;
}

/** Undefined: no descriptor 3, too much on it, or less than two whole fields. */
function readFields(call: Call): readonly ByteString[] | undefined {
  const octets = Buffer.alloc(longestCheckerInput + 1);
  let size = 0;
  try {
    const fd = call.descriptor(passwordDescriptor);
    for (let read = 1; read > 0 && size < octets.length; size += read) {
      read = readSync(fd, octets, size, octets.length - size, null);
    }
    closeSync(fd);
  } catch {
    return undefined;
  }
  return checkerFields(octets.toString('latin1', 0, size));
}

async function become(call: Call, { user, uid, gid, home }: MailAccount): Promise<number> {
  const own = process.getuid?.() ?? 0;
  if (own !== 0 && own !== uid) {
    complainTo(call, `checkpassword: ${user} has uid ${uid}, which only root can become; this is uid ${own}`);
    return temporary;
  }
  const env = new Map([...call.env, ['USER', user], ['HOME', home], ['SHELL', call.env.get('SHELL') ?? '/bin/sh']] as const);
  const as = own === 0 ? { as: { uid, gid } } : {};
  const end = await runProgram(call, call.args, { env, cwd: home, ...as });
  return exitCodeOf(end) ?? temporary;
}
