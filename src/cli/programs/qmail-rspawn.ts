/**
 * qmail-rspawn: jobs on descriptor 0, reports on descriptor 1, qmail-remote (or $QMAILREMOTE) for each of them
 * (spec send.md §4, remote.md §6). Ends when the jobs end and the last report is written.
 */
import type { Call } from '../call.js';

export async function run(call: Call): Promise<number> {
  const { serveJobs } = await import('./spawn/serve-jobs.js');
  const { remoteJobs } = await import('./spawn/remote-jobs.js');
  const cannot = 111;
  const jobs = await remoteJobs(call);
  return jobs === undefined ? cannot : serveJobs(call, jobs);
}
