/**
 * The delivery that qmail-remote makes: control files, message, hosts that are down, one connection.
 */
import { deliverSingle } from '../../../actors/remote/single-delivery.js';
import { nameServersOf, newThread } from '../../../actors/remote/thread.js';
import { parseRemoteSettings, remoteControlNames } from '../../../protocol/control.js';
import type { ByteString, Envelope } from '../../../protocol/mail.js';
import { routeFor } from '../../../protocol/mx.js';
import type { SettingsProblem } from '../../../protocol/settings.js';
import { readControlDir } from '../../../store/control-dir.js';
import type { Call } from '../../call.js';
import { queueFolder } from '../../home.js';
import { DownHosts } from './down-hosts.js';
import { takeMessage } from './message.js';

const noControls = 'ZUnable to read control files. (#4.3.0)\n\0';
const noResources = 'ZSystem resources temporarily unavailable. (#4.3.0)\n\0';

/** Descriptor 2 is the report's as well (qmail-rspawn joins them), so all is said there. */
const problemLine = ({ file, line, text }: SettingsProblem): ByteString => `${file} line ${line}: ${text} (#4.3.0)\n`;

/** The report of one delivery; rejects for nothing that mail, files or network do. */
export async function remoteReport(call: Call, host: ByteString, envelope: Envelope): Promise<ByteString> {
  const { files, problems } = await readControlDir(call.home, remoteControlNames);
  if (problems.length > 0 || !(files.has('me') || files.has('helohost'))) return noControls;
  const settings = parseRemoteSettings(files);
  if ('problems' in settings) return `Z${settings.problems.map(problemLine).join('')}\0`;
  const env = Object.fromEntries(call.env);
  const greet = settings.remotegreet === 'ehlo' ? 'ehlo' : 'helo';
  const thread = newThread(nameServersOf(settings.nameservers, env), greet, env);
  const message = await takeMessage(call.descriptor(0)).catch(() => undefined);
  if (message === undefined) return noResources;
  if ('status' in message) return `${message.status}${message.text}\0`;
  try {
    const down = DownHosts.open(queueFolder(call.home));
    const target = routeFor(host, settings);
    const single = { target, settings, skip: down.addresses, envelope, body: message.body };
    const { report, timedOut, reached } = await deliverSingle(single, thread);
    down.learn(timedOut, reached);
    return report;
  } finally {
    await message.close();
  }
}
