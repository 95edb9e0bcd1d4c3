/**
 * Who gets a delivery, decided by root: the user of the address, whether its mail may be delivered,
 * and the default instructions. The request says only the address.
 */
import { errnoText } from '../../protocol/errno-text.js';
import { internalOutcome } from '../../protocol/local-report.js';
import type { ByteString, Outcome } from '../../protocol/mail.js';
import { type Assignment, lookupUser } from '../../protocol/users.js';
import { codeOf } from '../../store/octet-path.js';
import type { UsersFile } from '../../store/users-file.js';
import type { DefaultDelivery } from './default-delivery.js';
import type { Trust } from './trust.js';

export interface LookupSources {
  readonly users: UsersFile;
  readonly trust: Trust;
  readonly defaultDelivery: DefaultDelivery;
  /** Uid of the node. */
  readonly owner: number;
}

export type Lookup =
  | { readonly tag: 'user'; readonly user: Assignment; readonly defaultDelivery: ByteString }
  | { readonly tag: 'refused'; readonly outcome: Outcome };

const refused = (outcome: Outcome): Lookup => ({ tag: 'refused', outcome });

/** The user of a local part; every refusal is a deferral. */
export async function lookUp(local: ByteString, sources: LookupSources): Promise<Lookup> {
  const answer = await lookupUser(local, sources.users.sources());
  if (answer.tag === 'defer') return refused(internalOutcome(answer.code));
  const { user } = answer;
  if (user.uid === 0) return refused(internalOutcome(113));
  if (user.uid !== sources.owner && !sources.trust.complete) {
    const text = `Not delivered as uid ${user.uid}: the server's own uid ${sources.owner} can write the home, its users or control folder; give them to root. (#4.3.0)\n`;
    return refused({ status: 'Z', text });
  }
  try {
    return { tag: 'user', user, defaultDelivery: sources.defaultDelivery.current() };
  } catch (error) {
    const why = errnoText(codeOf(error));
    return refused({ status: 'Z', text: `Unable to read control/defaultdelivery: ${why}. (#4.3.0)\n` });
  }
}
