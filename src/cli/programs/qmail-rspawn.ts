/**
 * qmail-rspawn: jobs on descriptor 0, reports on descriptor 1, qmail-remote (or $QMAILREMOTE) for each of them
 * (spec send.md §4, remote.md §6). Ends when the jobs end and the last report is written.
 */
import type { Call } from '../call.js';

const cannot = 111;

export async function run(call: Call): Promise<number> {
  const { remoteJobs } = await import('./spawn/remote-jobs.js');
  const { runSpawner } = await import('./spawn/spawner.js');
  const deliver = remoteJobs(call);
  if (deliver === undefined) return cannot;
  await runSpawner(call, deliver);
  return 0;
}
