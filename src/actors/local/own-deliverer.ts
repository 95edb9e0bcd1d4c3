/**
 * Local delivery inside this process: for a server without root, whose only reachable user is itself.
 * Mail for another uid is deferred with the reason; uid 0 never gets a delivery.
 */
import { internalOutcome } from '../../protocol/local-report.js';
import type { Outcome } from '../../protocol/mail.js';
import { deliveredName } from '../../protocol/mailbox/maildir.js';
import { type Assignment, lookupUser } from '../../protocol/users.js';
import { accountsFor } from '../../store/accounts.js';
import { unixMessage } from '../../store/unix-message.js';
import { UsersFile } from '../../store/users-file.js';
import { deliverLocal } from './deliver.js';
import { bodyOf, type DeliveryWay, type LocalDelivererOptions } from './deliverer-types.js';
import { programEnvironment } from './environment.js';
import { localIo } from './io.js';

/** Why this user's mail stays in the queue; undefined when it can be delivered. */
function refusal(user: Assignment, uid: number): Outcome | undefined {
  if (user.uid === 0) return internalOutcome(113);
  if (user.uid === uid) return undefined;
  const text = `Unable to deliver as uid ${user.uid}: the server runs as uid ${uid} and was not started by root. (#4.3.0)\n`;
  return { status: 'Z', text };
}

export function createOwnDeliverer(options: LocalDelivererOptions): DeliveryWay {
  const { home, uid, nonce, hostname } = options;
  const users = new UsersFile(home, accountsFor(options.env, uid), () => performance.now());
  const io = localIo(programEnvironment(home, options.env), hostname, uid);
  return {
    async deliverOne(delivery, { local, host }, defaultDelivery) {
      const answer = await lookupUser(local, users.sources());
      if (answer.tag === 'defer') return { outcomes: [internalOutcome(answer.code)] };
      const refused = refusal(answer.user, uid);
      const body = bodyOf(delivery, home);
      if (refused !== undefined || body === undefined) return { outcomes: [refused ?? internalOutcome(112)] };
      const { birth, message, index: recipient, sender, repeated } = delivery;
      const maildirName = (line: number): string => deliveredName({ birth, nonce, message, recipient, line, hostname });
      const request = { ...answer.user, local, host, sender, repeated, defaultDelivery, maildirName, message: unixMessage(body) };
      return deliverLocal(request, io);
    },
    async close() {
      io.programs.stop();
    },
  };
}
