/**
 * One job of qmail-lspawn: the user of the address is looked up, then qmail-local runs as that user with the message as
 * its input; what it says and how it ends is the report (spec send.md §4.1).
 */
import { programEnvironment } from '../../../actors/local/environment.js';
import { internalOutcome, localExit } from '../../../protocol/local-report.js';
import type { ByteString, Outcome } from '../../../protocol/mail.js';
import type { SpawnJob } from '../../../protocol/spawn-jobs.js';
import { type Assignment, lookupUser } from '../../../protocol/users.js';
import type { UsersFile } from '../../../store/users-file.js';
import type { Call } from '../../call.js';
import { textEnvironment } from '../../octets.js';
import type { DeliverJob } from '../spawn/spawner.js';
import { runAs } from './run-as.js';

export interface LocalDeliveryOptions {
  readonly call: Call;
  readonly users: UsersFile;
  /** Effective uid of this process. */
  readonly uid: number;
  readonly defaultDelivery: ByteString;
}

const unstarted = 120;

function refusal(user: Assignment, uid: number): Outcome | undefined {
  if (user.uid === 0) return internalOutcome(113);
  if (uid === 0 || uid === user.uid) return undefined;
  return { status: 'Z', text: `Unable to deliver as uid ${user.uid}: qmail-lspawn runs as uid ${uid}, not as root. (#4.3.0)\n` };
}

async function deliver(options: LocalDeliveryOptions, job: SpawnJob, fd: number): Promise<Outcome> {
  const { call, users, uid, defaultDelivery } = options;
  const at = job.recipient.lastIndexOf('@');
  if (at === 0) return { status: 'K', text: '' };
  const local = job.recipient.slice(0, at);
  const answer = await lookupUser(local, users.sources());
  if (answer.tag === 'defer') return internalOutcome(answer.code);
  const { user } = answer;
  const refused = refusal(user, uid);
  if (refused !== undefined) return refused;
  const host = job.recipient.slice(at + 1);
  const ended = await runAs({
    home: call.home,
    program: 'qmail-local',
    args: ['--', user.user, user.home, local, user.dash, user.ext, host, job.sender, defaultDelivery],
    environment: programEnvironment(call.home, textEnvironment(call.env)),
    ids: uid === 0 ? { uid: user.uid, gid: user.gid } : {},
    input: fd,
  });
  return ended === 'unstarted' ? internalOutcome(unstarted) : localExit(ended.code, ended.output);
}

export function localDelivery(options: LocalDeliveryOptions): DeliverJob {
  return async (job, fd) => {
    const { status, text } = await deliver(options, job, fd).catch(() => internalOutcome(118));
    return status + text;
  };
}
