/**
 * Local deliveries of a player: user lookup with the recorded accounts, then the delivery itself in this process as the
 * one uid that it has. What lspawnd decides as root is decided here by the recorded uids.
 */
import { hostname } from 'node:os';
import { deliverLocal } from '../../../src/actors/local/deliver.js';
import { bodyOf, deliverSingly } from '../../../src/actors/local/deliverer-types.js';
import { programEnvironment } from '../../../src/actors/local/environment.js';
import { localIo } from '../../../src/actors/local/io.js';
import type { LocalReport, WorkerDelivery } from '../../../src/actors/messages.js';
import type { LocalSlots } from '../../../src/actors/spawn/local-slots.js';
import { internalOutcome } from '../../../src/protocol/local-report.js';
import { deliveredName } from '../../../src/protocol/mailbox/maildir.js';
import { type Account, lookupUser, type UserSources } from '../../../src/protocol/users.js';
import { Accounts } from '../../../src/store/accounts.js';
import { unixMessage } from '../../../src/store/unix-message.js';
import { UsersFile } from '../../../src/store/users-file.js';
import { accounts, homes, nofiles } from './case.js';
import type { PlayerStart } from './player-messages.js';

export class SingleUidSlots implements LocalSlots {
  readonly threads = 0;
  readonly restarts = 0;
  readonly deliver: LocalSlots['deliver'];
  readonly #close: () => void;

  constructor(start: PlayerStart, nonce: string) {
    const { home } = start;
    const io = localIo(programEnvironment(home, process.env), hostname(), process.getuid?.() ?? 0);
    const table = new UsersFile(home, new Accounts(start.passwd), () => performance.now());
    const sources = (): UserSources => ({ ...table.sources(), account: (name) => accountOf(start, name) });
    this.deliver = deliverSingly(async (delivery, { local, host }, defaultDelivery): Promise<LocalReport> => {
      const answer = await lookupUser(local, sources());
      if (answer.tag === 'defer') return { outcomes: [internalOutcome(answer.code)] };
      const { user } = answer;
      const body = bodyOf(delivery, home);
      if (user.uid === 0 || body === undefined) return { outcomes: [internalOutcome(user.uid === 0 ? 113 : 112)] };
      const maildirName = (line: number): string => deliveredName({ ...partsOf(delivery), nonce, line, hostname: hostname() });
      const { sender, repeated } = delivery;
      const request = { ...user, local, host, sender, repeated, defaultDelivery, maildirName, message: unixMessage(body) };
      const report = await deliverLocal(request, io);
      return report.forward === undefined ? report : { ...report, forward: { ...report.forward, uid: user.uid } };
    });
    this.#close = () => io.programs.stop();
  }

  resize(): void {}

  async close(): Promise<void> {
    this.#close();
  }
}

function partsOf({ birth, message, index }: WorkerDelivery): { birth: number; message: number; recipient: number } {
  return { birth, message, recipient: index };
}

function accountOf({ home, users }: PlayerStart, name: string): Account | undefined {
  const uid = accounts[name];
  if (uid === undefined) return undefined;
  const owner = name === 'alias' ? 'alias' : homes[name];
  return {
    name,
    uid,
    gid: nofiles,
    home: name === 'alias' ? `${home}/alias` : `${users}/${name}`,
    homeOwner: owner === undefined ? undefined : accounts[owner],
  };
}
