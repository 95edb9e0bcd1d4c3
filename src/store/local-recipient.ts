/**
 * Whether somebody here gets mail for a local part: a user, or a .qmail file for the rest of the address. Looks with the
 * rights of this process; what it may not see is `unknown`.
 */
import type { ByteString } from '../protocol/mail.js';
import { lookupUser } from '../protocol/users.js';
import { accountsFor } from './accounts.js';
import { HomeFolders } from './home-folder.js';
import { UsersFile } from './users-file.js';

export type Existence = 'yes' | 'no' | 'unknown';

export class LocalRecipients {
  readonly #users: UsersFile;
  readonly #homes: HomeFolders;

  /** `home` is the server's; `clock` counts milliseconds that never go back. */
  constructor(home: string, clock: () => number) {
    this.#users = new UsersFile(home, accountsFor(process.env, process.geteuid?.() ?? 0), clock);
    this.#homes = new HomeFolders(clock);
  }

  /** `local` as it is delivered: with the prefix of its virtual domain. */
  async find(local: ByteString): Promise<Existence> {
    if (local === '') return 'unknown';
    const answer = await lookupUser(local, this.#users.sources());
    if (answer.tag === 'defer') return 'unknown';
    const { home, dash, ext } = answer.user;
    // The user himself: without a .qmail of his own the default delivery counts.
    if (dash === '') return 'yes';
    const found = await this.#homes.dotQmail(home, dash, ext);
    if (found.tag !== 'none') return found.tag === 'found' ? 'yes' : 'unknown';
    // "No such file" means nothing in a home that is not there now.
    return (await this.#homes.home(home)).tag === 'home' ? 'no' : 'unknown';
  }
}
