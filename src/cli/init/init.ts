/**
 * `tqmail init DIR --me FQDN`: config-fast. Makes a home, prints what it made and why, overwrites nothing.
 * Exit codes: 0 made something, 1 nothing was missing, 64 usage, 111 cannot.
 */
import { existsSync, lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { CommandTrouble, complain, reason } from '../complain.js';
import { namedFolder } from '../home.js';
import { usageLine } from '../manual/help.js';
import { chooseIdentity, type Identity, unprivileged } from '../start/identity.js';
import { makeUsers } from './assign.js';
import { plannedControl, wrongFqdn } from './control-files.js';
import { HomeMaker, type Made, makeFolders } from './make-home.js';
import { type ProfileChoice, type ProfileOptions, profileChoice, profileOptions } from './profile-words.js';
import { domainAssignments, type ProfileWords, profiles } from './profiles.js';

const defaultBase = 2500;
const highestBase = 60_000;

export interface InitOptions {
  /** Absolute. */
  readonly home: string;
  readonly me: string;
  readonly base: number;
  readonly demo: boolean;
  /** Local domains besides `me`. */
  readonly extra: readonly string[];
  readonly profile?: ProfileChoice | undefined;
}

interface Words {
  readonly home: string;
  readonly me: string;
  readonly base: number;
  readonly yes: boolean;
  readonly profile: ProfileChoice | undefined;
}

export async function main(args: readonly string[]): Promise<number> {
  const { home, me, base, yes, profile } = initWords(args);
  if (!yes && process.stdin.isTTY && !(await confirmed(home, me))) return 1;
  const made = await initHome({ home, me, base, demo: false, extra: [], profile });
  if (made.length === 0) {
    complain(`tqmail: init: ${home} has everything already; nothing was changed`);
    return 1;
  }
  process.stdout.write(`Made in ${home}:\n${made.map(({ path, why }) => `  ${path.padEnd(24)} ${why}\n`).join('')}`);
  process.stdout.write(`Start the server with: tqmail start --home ${home}\n`);
  return 0;
}

function initWords(args: readonly string[]): Words {
  const misused = (text: string): CommandTrouble => new CommandTrouble(64, `init: ${text}\n${usageLine('init')}`);
  let parsed: { values: { me?: string; yes?: boolean; listen?: string } & ProfileOptions; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { me: { type: 'string' }, yes: { type: 'boolean' }, listen: { type: 'string' }, ...profileOptions },
    });
  } catch (error) {
    throw misused(reason(error));
  }
  const { values, positionals } = parsed;
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0) throw misused('give one folder');
  if (values.me === undefined) throw misused("give this host's full name with --me");
  const me = values.me.toLowerCase();
  const wrong = wrongFqdn(me);
  if (wrong !== undefined) throw misused(`--me ${wrong}`);
  try {
    const profile = profileChoice(values);
    return { home: namedFolder(folder), me, base: listenBase(values.listen), yes: values.yes ?? false, profile };
  } catch (error) {
    throw misused(reason(error));
  }
}

/** The port to which each service's usual port is added. Throws RangeError. */
export function listenBase(word: string | undefined): number {
  const base = word === undefined ? defaultBase : Number(word);
  if (Number.isInteger(base) && base >= 0 && base <= highestBase) return base;
  throw new RangeError(`--listen ${word} is not a whole number from 0 to ${highestBase}`);
}

async function confirmed(home: string, me: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await reader.question(`Make a home for ${me} in ${home}? [Y/n] `);
  reader.close();
  return !/^n/i.test(answer.trim());
}

/** Makes what is missing and returns it. Throws CommandTrouble 111 naming the path that cannot be made. */
export async function initHome(options: InitOptions): Promise<readonly Made[]> {
  const { home, me, base, demo, extra, profile } = options;
  const maker = new HomeMaker(home, ownerOf(home));
  try {
    makeFolders(maker);
    // First: a file that is there is not written again.
    if (profile !== undefined) makeProfile(maker, { ...profile, me, home, base });
    for (const { path, text, why } of plannedControl(me, base, extra)) maker.file(path, text, why);
    const words = profile?.name === 'internet-domains' ? { ...profile, me, home, base } : undefined;
    makeUsers(maker, demo, (ids) => (words === undefined ? [] : domainAssignments(words, ids)));
    maker.launchers();
    await makeQueue(maker);
  } catch (error) {
    if (error instanceof CommandTrouble) throw error;
    const path = (error as NodeJS.ErrnoException).path ?? home;
    throw new CommandTrouble(111, `init: ${path}: ${reason(error)}`);
  }
  return maker.made;
}

/** The files of a profile, and a folder with a mailbox for each of its domains. */
function makeProfile(maker: HomeMaker, words: ProfileWords & { readonly name: string }): void {
  for (const { path, text, why } of profiles[words.name]?.files(words) ?? []) {
    const domain = /^domains\/[^/]+/.exec(path)?.[0];
    if (domain !== undefined) {
      maker.folder(domain, 0o755, `mail for ${domain.slice(8)}`, true);
      maker.maildir(`${domain}/Maildir`, 'its mailbox');
    }
    maker.file(path, text, why, !path.startsWith('control/'));
  }
}

/** An empty queue, unless there is one. As root its files get the owner of the folder. */
async function makeQueue(maker: HomeMaker): Promise<void> {
  const { markerFile } = await import('../../store/lmdb/marker.js');
  const dir = join(maker.home, 'queue');
  if (existsSync(join(dir, markerFile))) return;
  const { openLmdbQueue } = await import('../../store/lmdb/open.js');
  await (await openLmdbQueue({ dir, create: true })).close();
  if (maker.identity.drops) {
    for (const name of readdirSync(dir)) lchownSync(join(dir, name), maker.identity.uid, maker.identity.gid);
  }
  maker.made.push({ path: 'queue/', why: 'an empty queue' });
}

/** Who owns the queue: as root the present owner of queue/ when there is one, else the account that start would choose. */
function ownerOf(home: string): Identity {
  const queue = join(home, 'queue');
  const none = { uid: 0, gid: 0 };
  if (process.geteuid?.() !== 0) return chooseIdentity(none, undefined);
  return existsSync(queue) ? chooseIdentity(statSync(queue), undefined) : unprivileged();
}
