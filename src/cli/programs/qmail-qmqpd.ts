/**
 * qmail-qmqpd: a QMQP session on descriptors 0 and 1 (spec qmtp-qmqp.md §3). It relays for whoever started it lets in.
 */
import { controlInt } from '../../protocol/control-files.js';
import { QmqpServerSession } from '../../protocol/qmqp.js';
import { readControlDir } from '../../store/control-dir.js';
import type { Call } from '../call.js';
import { servePackages } from './packages/serve.js';
import { hereCheck } from './recipients/checks.js';

const cannotRead = 111;
const usualRecipients = 10_000;

export async function run(call: Call): Promise<number> {
  const { files, problems } = await readControlDir(call.home, ['maxrcpt', 'recipients']);
  if (problems.length > 0) return cannotRead;
  const maxRecipients = Math.max(1, controlInt(files, 'maxrcpt') ?? usualRecipients);
  const recipients = files.has('recipients') ? await hereCheck(call, 'qmail-qmqpd') : undefined;
  return servePackages(call, 'QMQP', new QmqpServerSession({ maxRecipients }), recipients);
}
