/**
 * qmail-qmtpd: a QMTP session on descriptors 0 and 1 (spec qmtp-qmqp.md §2). Controls and variables are read as qmail
 * reads them: faulty numbers count as absent.
 */
import { lowerCaseAscii } from '../../protocol/bytes.js';
import { controlInt, controlLineOrMe, controlList } from '../../protocol/control-files.js';
import { QmtpServerSession } from '../../protocol/qmtp.js';
import { compileRelay } from '../../protocol/relay.js';
import { readControlDir } from '../../store/control-dir.js';
import { moreRcptHosts } from '../../store/more-rcpthosts.js';
import type { Call } from '../call.js';
import { servePackages } from './packages/serve.js';
import { hereCheck } from './recipients/checks.js';

const cannotRead = 111;
const usualRecipients = 10_000;

export async function run(call: Call): Promise<number> {
  const { files, problems } = await readControlDir(call.home, [
    'databytes',
    'maxrcpt',
    'rcpthosts',
    'percenthack',
    'envnoathost',
    'me',
    'recipients',
  ]);
  if (problems.length > 0) return cannotRead;
  const variable = call.env.get('DATABYTES');
  const databytes = controlInt(variable === undefined ? files : new Map([['databytes', variable]]), 'databytes');
  const rcpthosts = controlList(files, 'rcpthosts')?.map(lowerCaseAscii);
  const relay = compileRelay(
    {
      rcpthosts,
      badmailfrom: [],
      percenthack: controlList(files, 'percenthack') ?? [],
      envnoathost: controlLineOrMe(files, 'envnoathost') ?? '',
    },
    moreRcptHosts(call.home, () => performance.now()),
  );
  const session = new QmtpServerSession({
    databytes: databytes ?? 0,
    maxRecipients: Math.max(1, controlInt(files, 'maxrcpt') ?? usualRecipients),
    relayclient: call.env.get('RELAYCLIENT'),
    allowed: relay.rcptAllowed,
  });
  const recipients = files.has('recipients') ? await hereCheck(call, 'qmail-qmtpd') : undefined;
  return servePackages(call, 'QMTP', session, recipients);
}
