/**
 * The delivery that qmail-remote makes: control files, message, hosts that are down, one connection.
 */
import { deliverSingle } from '../../../actors/remote/single-delivery.js';
import { nameServersOf, newThread } from '../../../actors/remote/thread.js';
import { parseRemoteSettings, remoteControlNames } from '../../../protocol/control.js';
import type { ByteString, Envelope } from '../../../protocol/mail.js';
import { routeFor } from '../../../protocol/mx.js';
import { readControlDir } from '../../../store/control-dir.js';
import { type Call, complainTo } from '../../call.js';
import { queueFolder } from '../../home.js';
import { DownHosts } from './down-hosts.js';
import { takeMessage } from './message.js';

const noControls = 'ZUnable to read control files. (#4.3.0)\n\0';
const noResources = 'ZSystem resources temporarily unavailable. (#4.3.0)\n\0';

/** The report of one delivery; rejects for nothing that mail, files or network do. */
export async function remoteReport(call: Call, host: ByteString, envelope: Envelope): Promise<ByteString> {
  const { files, problems } = await readControlDir(call.home, remoteControlNames);
  const settings = problems.length > 0 ? { problems } : parseRemoteSettings(files);
  if ('problems' in settings) {
    for (const { file, line, text } of settings.problems)
      complainTo(call, `qmail-remote: ${file}${line > 0 ? `:${line}` : ''}: ${text}`);
    return noControls;
  }
  const env = Object.fromEntries(call.env);
  const greet = settings.remotegreet === 'ehlo' ? 'ehlo' : 'helo';
  const thread = newThread(nameServersOf(settings.nameservers, env), greet, env);
  const message = await takeMessage(call.descriptor(0)).catch(() => undefined);
  if (message === undefined) return noResources;
  if ('status' in message) return `${message.status}${message.text}\0`;
  try {
    const down = await DownHosts.open(queueFolder(call.home));
    const target = routeFor(host, settings);
    const single = { target, settings, skip: down.addresses, envelope, body: message.body };
    const { report, timedOut, reached } = await deliverSingle(single, thread);
    await down.learn(timedOut, reached);
    return report;
  } finally {
    await message.close();
  }
}
