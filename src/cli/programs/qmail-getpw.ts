/**
 * qmail-getpw: the account that a local part belongs to, as six fields that each end in NUL (spec local.md §1). Knows
 * nothing of users/cdb.
 */
import { accountNames, userOfAccounts } from '../../protocol/users.js';
import { accountsFor } from '../../store/accounts.js';
import { UsersFile } from '../../store/users-file.js';
import { type Call, put } from '../call.js';
import { textEnvironment } from '../octets.js';

const noArgument = 100;

export async function run(call: Call): Promise<number> {
  const [local] = call.args;
  if (local === undefined) return noArgument;
  const accounts = accountsFor(textEnvironment(call.env), process.geteuid?.() ?? 0);
  const users = new UsersFile(call.home, accounts, () => performance.now());
  const { account } = users.sources();
  try {
    accounts.ahead(accountNames(local));
  } catch {
    // The file cannot be read: the lookup itself says so.
  }
  const answer = await userOfAccounts(local, { account });
  if (answer.tag === 'defer') return answer.code;
  const { user, uid, gid, home, dash, ext } = answer.user;
  put(call, 1, [user, uid, gid, home, dash, ext, ''].join('\0'));
  return 0;
}
