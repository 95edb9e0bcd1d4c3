/**
 * qmail-remote: `qmail-remote host sender recipient...`, the message on descriptor 0, the report on descriptor 1
 * (spec remote.md). Always ends with 0; what went wrong stands in the report.
 */
import type { ByteString } from '../../protocol/mail.js';
import { type Call, put } from '../call.js';

const invokedBadly = 'DI (qmail-remote) was invoked improperly. (#5.3.5)\n\0';

export async function run(call: Call): Promise<number> {
  const [host, sender, ...recipients] = call.args;
  let report: ByteString = invokedBadly;
  if (host !== undefined && sender !== undefined && recipients.length > 0) {
    const { remoteReport } = await import('./remote/deliver.js');
    report = await remoteReport(call, host, { sender, recipients });
  }
  try {
    put(call, 1, report);
  } catch {
    // Nobody reads the report; there is no other way to tell.
  }
  return 0;
}
