/**
 * qmail-lspawn: local deliveries for whoever speaks qmail-send's side on descriptors 0 and 1 (spec send.md §4, local.md
 * §1). The argument is the default delivery. Root delivers as each user, anybody else to his own uid; never as uid 0.
 */
import { accountsFor } from '../../store/accounts.js';
import { UsersFile } from '../../store/users-file.js';
import { type Call, complainTo } from '../call.js';
import { textEnvironment } from '../octets.js';
import { localDelivery } from './lspawn/delivery.js';
import { runSpawner } from './spawn/spawner.js';

const wrongUsage = 111;

export async function run(call: Call): Promise<number> {
  const [defaultDelivery] = call.args;
  if (defaultDelivery === undefined || call.args.length > 1) {
    complainTo(call, 'qmail-lspawn: usage: qmail-lspawn aliasempty');
    return wrongUsage;
  }
  const uid = process.geteuid?.() ?? 0;
  const users = new UsersFile(call.home, accountsFor(textEnvironment(call.env), uid), () => performance.now());
  await runSpawner(call, localDelivery({ call, users, uid, defaultDelivery }));
  return 0;
}
