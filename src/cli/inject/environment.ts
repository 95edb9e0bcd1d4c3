/**
 * What qmail-inject takes from the environment and from control/ (spec inject.md §2; control.md).
 */
import { readFile } from 'node:fs/promises';
import { controlLineOrMe } from '../../protocol/control-files.js';
import type { Author, CompleteOptions } from '../../protocol/message/complete.js';
import type { RewriteHosts } from '../../protocol/message/rewrite.js';
import { readControlDir } from '../../store/control-dir.js';

export type InjectEnvironment = Pick<CompleteOptions, 'hosts' | 'idhost' | 'from' | 'defaultSender' | 'flags' | 'lists'>;

/** The first of these variables that is set. */
function firstSet(...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) return octets(value);
  }
  return undefined;
}

/** Node reads the environment and arguments as UTF-8; mail is octets. */
export function octets(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Undefined when a control file is there and cannot be read. */
export async function injectEnvironment(home: string): Promise<InjectEnvironment | undefined> {
  const { files, problems } = await readControlDir(home, ['me', 'defaulthost', 'defaultdomain', 'plusdomain', 'idhost']);
  if (problems.length > 0) return undefined;
  // A host without any name calls itself by the file's (spec control.md).
  const value = (name: string): string => firstSet(`QMAIL${name.toUpperCase()}`) ?? controlLineOrMe(files, name) ?? name;
  const hosts: RewriteHosts = {
    defaulthost: value('defaulthost'),
    defaultdomain: value('defaultdomain'),
    plusdomain: value('plusdomain'),
  };
  const letters = process.env.QMAILINJECT ?? '';
  const flag = (letter: string): boolean => letters.includes(letter);
  const from: Author = {
    user: firstSet('QMAILUSER', 'MAILUSER', 'USER', 'LOGNAME') ?? 'anonymous',
    host: firstSet('QMAILHOST', 'MAILHOST') ?? hosts.defaulthost,
    name: firstSet('QMAILNAME', 'MAILNAME', 'NAME'),
  };
  return {
    hosts,
    idhost: value('idhost'),
    from,
    defaultSender: { user: firstSet('QMAILSUSER') ?? from.user, host: firstSet('QMAILSHOST') ?? from.host },
    flags: { c: flag('c'), s: flag('s'), f: flag('f'), i: flag('i'), r: flag('r'), m: flag('m') },
    lists: await listAddresses(process.env.QMAILMFTFILE),
  };
}

async function listAddresses(file: string | undefined): Promise<ReadonlySet<string> | undefined> {
  if (file === undefined) return undefined;
  try {
    const lines = (await readFile(file, 'latin1')).split('\n').map((line) => line.trimEnd().toLowerCase());
    return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
  } catch {
    return undefined;
  }
}
