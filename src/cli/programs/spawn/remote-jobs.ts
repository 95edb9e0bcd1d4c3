/**
 * What qmail-rspawn does with a job: qmail-remote, or the program that $QMAILREMOTE names, gets the message, and
 * its report becomes one letter and a text.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runRemoteProgram } from '../../../actors/spawn/remote-program.js';
import type { ByteString } from '../../../protocol/mail.js';
import { recipientOutcome } from '../../../protocol/remote-report.js';
import type { SpawnJob } from '../../../protocol/spawn-jobs.js';
import { writeDeadHosts } from '../../../store/dead-hosts-file.js';
import { type Call, complainTo } from '../../call.js';
import { queueFolder } from '../../home.js';
import type { DeliverJob } from './spawner.js';

const ownProgram = fileURLToPath(new URL('../../../../../bin/qmail-remote', import.meta.url));

/** Undefined when there is no folder of messages (see message-file.ts). Forgets which hosts are down, as qmail-rspawn does at its start. */
export function remoteJobs(call: Call): DeliverJob | undefined {
  const queue = queueFolder(call.home);
  const mess = join(queue, 'mess');
  if (![mess, 'mess'].some((folder) => existsSync(folder))) {
    complainTo(call, `qmail-rspawn: fatal: ${mess} does not exist; it is the folder of the messages that jobs name`);
    return undefined;
  }
  forgetDownHosts(queue);
  const named = call.env.get('QMAILREMOTE') ?? '';
  const program = named === '' ? ownProgram : named;
  const given = environment(call);
  // The launcher of our own program looks for node in PATH.
  const env = { ...given, QMAILHOME: call.home, PATH: `${given.PATH ?? '/usr/bin:/bin'}:${dirname(process.execPath)}` };
  return (job, fd) => deliver(job, fd, { program, env, cwd: call.home });
}

function forgetDownHosts(queue: string): void {
  try {
    writeDeadHosts(queue, []);
  } catch {
    // Old entries end by themselves.
  }
}

interface Program {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

async function deliver({ sender, recipient }: SpawnJob, message: number, program: Program): Promise<ByteString> {
  const host = recipient.slice(recipient.lastIndexOf('@') + 1);
  const end = await runRemoteProgram({ ...program, host, envelope: { sender, recipients: [recipient] }, message });
  const { status, text } = recipientOutcome(end);
  return status + text;
}

/** The octets of the call's environment as the texts that Node writes as these octets, where there are such. */
function environment(call: Call): Record<string, string> {
  return Object.fromEntries([...call.env].map(([name, octets]) => [name, Buffer.from(octets, 'latin1').toString('utf8')]));
}
